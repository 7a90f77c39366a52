/* Gold answers against responses: right and wrong, as people and models
 * write them. */
#include <stdio.h>

#include "libcore/gold.h"

#define N GOLD_NUMBER
#define C GOLD_CHOICE
#define T GOLD_TEXT

static const struct {
	enum gold_kind look;
	const char *gold;
	bool right;
	const char *response;
} cases[] = {
	/* numbers: marks and the last number */
	{ N, "18", true, "She makes 9 * 2 = $18 every day.\n#### 18" },
	{ N, "18", true, "The answer is 18." },
	{ N, "18", true, "The answer is: $18.00 per day" },
	{ N, "18", true, "**Answer:** 18 dollars" },
	{ N, "18", true, "The answer to the question is 18" },
	{ N, "18", true, "so \\boxed{18}." },
	{ N, "18", true, "\\[ \\boxed{\\$18} \\]" },
	{ N, "18", true, "16 - 3 - 4 = 9, and 9 x 2 = 18" },
	{ N, "18", true, "Final answer: 9 * 2 = 18" },
	{ N, "18", true, "答案是18。" },
	{ N, "18", true, "答案：１８元" },
	{ N, "18", true, "答：她每天赚18元。" },
	{ N, "18", true, "所以一共是18" },
	{ N, "18", false, "The answer is 17. Not 18." },
	{ N, "18", false, "18 eggs minus 3 gives 15" },
	{ N, "18", false, "I do not know." },
	{ N, "18", false, "" },
	{ N, "18", false, "118" },
	{ N, "18", false, "1.8" },
	{ N, "18", false, "-18" },
	{ N, "18", true, "The answer is 18, since 9 eggs sell for 2." },
	{ N, "18", true, "The answer: 9 eggs * 2 dollars = 18 dollars" },
	{ N, "18", true, "I will answer step by step: it is 18" },
	{ N, "18", true, "The answer is as follows.\nWe get 18" },
	{ N, "18", true, "Answer:\n18" },
	{ N, "18", true, "an area of 18 cm^2" },
	{ N, "18", true, "an area of 18 cm^{2}" },
	{ N, "18", true, "18 m2" },
	{ N, "5", false, "GPT5" },
	{ N, "Natalia sold 48/2 = 24 clips.\n#### 72", true, "72 clips" },
	{ N, "Natalia sold 48/2 = 24 clips.\n#### 72", false, "24 clips" },
	/* separators, decimals, powers */
	{ N, "70000", true, "He made a profit of $70,000." },
	{ N, "70,000", true, "70000.00" },
	{ N, "1234567.5", true, "1,234,567.50" },
	{ N, "70000", true, "\\boxed{70{,}000}" },
	{ N, "70000", true, "７０，０００" },
	{ N, "3", true, "The numbers are 1, 2, 3" },
	{ N, "345", true, "得到12，345" },
	{ N, "12345", false, "1,2345" },
	{ N, "70000", true, "7e4" },
	{ N, "70000", true, "7 \\times 10^4" },
	{ N, "70000", true, "7 × 10^{4} units" },
	{ N, "0.007", true, "7e-3" },
	{ N, "0.1", true, ".1" },
	{ N, ".5", true, "0.50" },
	{ N, "0.1", false, "0.10000000000000001" },
	{ N, "1", true, "1.0." },
	{ N, "0", true, "0.00" },
	{ N, "-5", true, "The temperature is -5 degrees" },
	{ N, "-5", true, "answer is −5" },
	{ N, "-5", true, "负5度" },
	{ N, "-5", true, "-$5" },
	{ N, "-5", false, "5" },
	{ N, "5", true, "10-5 = 10 - 5 = 5" },
	{ N, "5", true, "between 3-5" },
	/* fractions and scales */
	{ N, "3/4", true, "0.75" },
	{ N, "0.75", true, "The answer is 3/4 of a cup" },
	{ N, "0.75", true, "\\boxed{\\frac{3}{4}}" },
	{ N, "0.75", true, "$\\dfrac{3}{4}$" },
	{ N, "1.5", true, "1 1/2 cups" },
	{ N, "1 1/2", true, "3/2" },
	{ N, "1.5", true, "1 \\frac{1}{2}" },
	{ N, "1/3", true, "2/6" },
	{ N, "1/3", false, "0.333" },
	{ N, "50%", true, "50" },
	{ N, "50", true, "50 percent" },
	{ N, "50%", true, "0.5" },
	{ N, "0.5", true, "５０％" },
	{ N, "50", false, "0.5" },
	{ N, "5%", false, "500%" },
	{ N, "30000", true, "3万元" },
	{ N, "3", true, "3万元" },
	{ N, "2.5亿", true, "250000000" },
	{ N, "5000000", true, "5 million people" },
	{ N, "$12", true, "12" },
	{ N, "12 apples", true, "12" },
	{ N, "9个", true, "一共有 9 个。" },
	{ N, "7", true, "1/0 is not a number but 7" },
	/* choices */
	{ C, "B", true, "B" },
	{ C, "B", true, "(B)" },
	{ C, "B", true, "B. because the others are wrong" },
	{ C, "B", true, "B) London" },
	{ C, "B", true, "**B**" },
	{ C, "(B)", true, "So the answer is (B)." },
	{ C, "B", true, "The correct answer is option B." },
	{ C, "B", true, "The correct option is: **B**" },
	{ C, "B", true, "Answer: B" },
	{ C, "B", true, "\\boxed{B}" },
	{ C, "B", true, "\\boxed{\\text{B}}" },
	{ C, "B", true, "答案是B" },
	{ C, "B", true, "答案：Ｂ" },
	{ C, "B", true, "故选：B。" },
	{ C, "B", true, "因此选B" },
	{ C, "B", true, "正确选项是（B）" },
	{ C, "B", true, "本题应选择 B 项" },
	{ C, "B", true, "【答案】B" },
	{ C, "B", true, "A is wrong, C is wrong, so it must be B" },
	{ C, "B", false, "A" },
	{ C, "B", false, "The answer is A, not B" },
	{ C, "B", false, "AB" },
	{ C, "B", false, "Berlin" },
	{ C, "B", false, "I like Bananas" },
	{ C, "A", false, "A cat sat on the mat." },
	{ C, "A", true, "It is A" },
	{ C, "A", true, "A" },
	{ C, "AC", true, "答案是AC" },
	{ C, "AC", true, "The answer is A and C." },
	{ C, "A, C", true, "AC" },
	{ C, "AC", false, "A" },
	{ C, "D", true, "选D\n解析：A错误，B错误" },
	/* text */
	{ T, "False", true, "So the answer is False." },
	{ T, "False", true, "false" },
	{ T, "False", true, "False, because the premise fails." },
	{ T, "False", false, "True" },
	{ T, "False", false, "The answer is True, not False" },
	{ T, "no", true, "No. It cannot." },
	{ T, "no", false, "Nothing" },
	{ T, "yes", false, "No, yes is wrong" },
	{ T, "subjective idealism", true, "Subjective  idealism." },
	{ T, "subjective idealism", true, "Answer: subjective idealism" },
	{ T, "subjective idealism", true,
	    "Let me see.\n\"Subjective idealism\"" },
	{ T, "subjective idealism", false, "objective idealism" },
	{ T, "humans", false, "not humans" },
	{ T, "北京", true, "答案是北京。" },
	{ T, "北京", true, "北京" },
	{ T, "北京", false, "南京" },
	{ T, "3:30", true, "the answer is 3:30" },
	{ T, "2 Fast 2 Furious", true, "2 fast 2 furious" },
	{ T, "x", false, "" },
};

int
main(void)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str g = str_of(cases[i].gold);
		struct str r = str_of(cases[i].response);

		if (gold_look(g) != cases[i].look) {
			printf("FAIL '%s' looks like %s\n", g.s,
			    gold_kinds[gold_look(g)]);
			bad = 1;
		}
		if (gold_match(GOLD_AUTO, g, r) != cases[i].right) {
			printf("FAIL '%s' and '%s' %s\n", g.s, r.s,
			    cases[i].right ? "differ" : "agree");
			bad = 1;
		}
	}
	return bad;
}
