/* One text or more in each language, short ones among them. */
#include <stdio.h>
#include <string.h>

#include "libcore/langid.h"

static const struct {
	const char *text, *want;
	double least; /* p */
} cases[] = {
	{ "", "None", 0 },
	{ "12 + 34 = ?", "None", 0 },
	{ "How many eggs does she sell each day?", "English", 0.8 },
	{ "hello", "English", 0.2 },
	{ "Combien d'oeufs vend-elle chaque jour au marché ?", "French", 0.5 },
	{ "Wie viele Eier verkauft sie jeden Tag auf dem Markt?", "German",
	    0.5 },
	{ "¿Cuántos huevos vende cada día en el mercado?", "Spanish", 0.5 },
	{ "Quantos ovos ela vende por dia na feira? Não sei.", "Portuguese",
	    0.4 },
	{ "Quante uova vende ogni giorno al mercato della città?", "Italian",
	    0.4 },
	{ "Hoeveel eieren verkoopt zij op de markt en wat is het?", "Dutch",
	    0.4 },
	{ "Ile jajek sprzedaje się każdego dnia na rynku?", "Polish", 0.4 },
	{ "Mỗi ngày cô ấy bán được bao nhiêu quả trứng?", "Vietnamese", 0.6 },
	{ "Je, anauza mayai mangapi kwa siku katika soko la kijiji?", "Swahili",
	    0.3 },
	{ "Сколько яиц она продаёт каждый день?", "Russian", 0.4 },
	{ "Скільки яєць вона продає щодня на ринку?", "Ukrainian", 0.4 },
	{ "كم بيضة تبيع كل يوم في السوق؟", "Arabic", 0.4 },
	{ "او هر روز چند تخم مرغ در بازار می فروشد؟", "Persian", 0.4 },
	{ "彼女は毎日いくつの卵を売りますか。", "Japanese", 0.9 },
	{ "그녀는 매일 몇 개의 달걀을 파나요?", "Korean", 0.9 },
	{ "她每天在市场上卖多少个鸡蛋？", "Simplified Chinese", 0.5 },
	{ "她每天在市場上賣多少個雞蛋？", "Traditional Chinese", 0.5 },
	{ "请把下面的句子翻译成英语：Good morning", "Simplified Chinese", 0.5 },
	{ "學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？", "Classical Chinese",
	    0.5 },
	{ "吾日三省吾身：為人謀而不忠乎？", "Classical Chinese", 0.5 },
	{ "你好", "Simplified Chinese", 0.2 },
	{ "ఆమె రోజుకు ఎన్ని గుడ్లు అమ్ముతుంది?", "Telugu", 0.9 },
	{ "เธอขายไข่วันละกี่ฟอง", "Thai", 0.9 },
	{ "वह हर दिन बाजार में कितने अंडे बेचती है?", "Hindi", 0.3 },
	{ "ती दररोज बाजारात किती अंडी विकते आणि तिला काय मिळते?", "Marathi", 0.3 },
	{ "उनी हरेक दिन बजारमा कति अण्डा बेच्छिन् र के पाउँछिन् भने", "Nepali", 0.3 },
	{ "ਉਹ ਹਰ ਰੋਜ਼ ਕਿੰਨੇ ਅੰਡੇ ਵੇਚਦੀ ਹੈ?", "Punjabi", 0.9 },
	{ "તે દરરોજ કેટલા ઇંડા વેચે છે?", "Gujarati", 0.9 },
	{ "ಅವಳು ಪ್ರತಿದಿನ ಎಷ್ಟು ಮೊಟ್ಟೆಗಳನ್ನು ಮಾರುತ್ತಾಳೆ?", "Kannada", 0.9 },
	{ "Πόσα αυγά πουλάει κάθε μέρα;", "Greek", 0.9 },
	{ "\xff\xfe bytes that are no text", "English", 0 },
};

int
main(void)
{
	int bad = 0;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double p;
		const char *got = langid(str_of(cases[i].text), &p);

		if (strcmp(got, cases[i].want) || p < cases[i].least || p > 1) {
			printf("FAIL %s: %s %.3f\n", cases[i].text, got, p);
			bad = 1;
		}
	}
	return bad;
}
