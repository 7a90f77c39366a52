#include "libcore/langid.h"

#include <pthread.h>
#include <string.h>

#include "libcore/fold.h"
#include "libcore/hash.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum script {
	LATIN,
	HAN,
	KANA,
	HANGUL,
	CYRILLIC,
	ARABIC,
	GREEK,
	HEBREW,
	DEVANAGARI,
	BENGALI,
	GURMUKHI,
	GUJARATI,
	TAMIL,
	TELUGU,
	KANNADA,
	MALAYALAM,
	THAI,
	ARMENIAN,
	GEORGIAN,
	OTHER,
	SCRIPTS
};

/* Code points by script, in order; what is not listed is no letter. */
static const struct {
	uint32_t first, last;
	enum script script;
	unsigned weight;
} ranges[] = {
	{ 'A', 'Z', LATIN, 1 },
	{ 'a', 'z', LATIN, 1 },
	{ 0xaa, 0xaa, LATIN, 1 },
	{ 0xba, 0xba, LATIN, 1 },
	{ 0xc0, 0xd6, LATIN, 1 },
	{ 0xd8, 0xf6, LATIN, 1 },
	{ 0xf8, 0x24f, LATIN, 1 },
	{ 0x370, 0x3ff, GREEK, 1 },
	{ 0x400, 0x52f, CYRILLIC, 1 },
	{ 0x531, 0x587, ARMENIAN, 1 },
	{ 0x5d0, 0x5f2, HEBREW, 1 },
	{ 0x620, 0x64a, ARABIC, 1 },
	{ 0x66e, 0x6d3, ARABIC, 1 },
	{ 0x900, 0x97f, DEVANAGARI, 1 },
	{ 0x980, 0x9ff, BENGALI, 1 },
	{ 0xa00, 0xa7f, GURMUKHI, 1 },
	{ 0xa80, 0xaff, GUJARATI, 1 },
	{ 0xb00, 0xb7f, OTHER, 1 },
	{ 0xb80, 0xbff, TAMIL, 1 },
	{ 0xc00, 0xc7f, TELUGU, 1 },
	{ 0xc80, 0xcff, KANNADA, 1 },
	{ 0xd00, 0xd7f, MALAYALAM, 1 },
	{ 0xd80, 0xdff, OTHER, 1 },
	{ 0xe01, 0xe3a, THAI, 1 },
	{ 0xe40, 0xe4e, THAI, 1 },
	{ 0xe80, 0x109f, OTHER, 1 },
	{ 0x10a0, 0x10ff, GEORGIAN, 1 },
	{ 0x1100, 0x11ff, HANGUL, 1 },
	{ 0x1200, 0x1dbf, OTHER, 1 },
	{ 0x1e00, 0x1eff, LATIN, 1 },
	{ 0x1f00, 0x1fff, GREEK, 1 },
	{ 0x3041, 0x30ff, KANA, 3 },
	{ 0x3400, 0x4dbf, HAN, 3 },
	{ 0x4e00, 0x9fff, HAN, 3 },
	{ 0xac00, 0xd7a3, HANGUL, 3 },
	{ 0xf900, 0xfaff, HAN, 3 },
	{ 0x20000, 0x323af, HAN, 3 },
};

/*
 * Languages: the script, function words, and letters that others of the
 * script lack. Without words or letters the script alone decides.
 */
/* English stands first: see_words. Of Devanagari's, Hindi is the likeliest. */
static const struct lang {
	const char *name;
	enum script script;
	const char *words, *letters;
} langs[] = {
	{ "English", LATIN,
	    "the of and to in is that it for you was with on as are this have "
	    "be at from or by not but what which how can your who will would "
	    "there their when where why do does give me i my write list name "
	    "an if we they has had please find each many much between about "
	    "into than more some one two make made give write create use new "
	    "his her she he him them then these those such out up also may "
	    "could should been explain describe following given time",
	    "" },
	{ "French", LATIN,
	    "le la les de des du et est un une que qui dans pour pas sur au "
	    "aux avec ce cette ces il elle nous vous je ne se par plus sont "
	    "ont mais ou comme leur quel quelle combien comment pourquoi son "
	    "sa ses être fait été qu à chaque",
	    "çœêèàùûî" },
	{ "German", LATIN,
	    "der die das und ist nicht ein eine einen einem einer zu den dem "
	    "des mit von für auf sich auch es im an als wie wir ich sie er "
	    "sind war wird werden hat haben bei nach oder aber was wer wo "
	    "warum kann können wenn dass um über viele jeder jeden",
	    "äöüß" },
	{ "Spanish", LATIN,
	    "el la los las de del y es un una que en por para con no se su "
	    "sus al lo como más pero le ha sí está son este esta cuál cuánto "
	    "cuántos cuántas qué cómo cuando donde porque muy hay fue ser "
	    "tiene cada si",
	    "ñ¿¡" },
	{ "Portuguese", LATIN,
	    "o a os as de do da dos das e é um uma que em no na nos nas por "
	    "para com não se seu sua mais como mas ao ele ela são você qual "
	    "quais isso este esta foi ser tem há muito quando pelo pela cada",
	    "ãõç" },
	{ "Italian", LATIN,
	    "il lo la i gli le di del della dei delle e è un una che in per "
	    "non si con da come sono più ma al alla nel nella questo questa "
	    "quanto quanti quale cosa perché anche ha ho essere stato se ogni",
	    "ìòù" },
	{ "Dutch", LATIN,
	    "de het een en van is in dat op te zijn voor met niet die er aan "
	    "om ook als maar bij nog uit wat hoe wie waarom je ik hij zij we "
	    "wordt worden heeft hebben naar dan kan geen deze",
	    "" },
	{ "Swedish", LATIN,
	    "och att det som en ett är på för med av den till inte om har de "
	    "jag var vad hur kan från vi du så men eller när efter",
	    "åäö" },
	{ "Danish", LATIN,
	    "og at det som en et er på for med af den til ikke om har de jeg "
	    "var hvad hvordan kan fra vi du så men eller når efter blev",
	    "æøå" },
	{ "Norwegian", LATIN,
	    "og å det som en et er på for med av den til ikke om har de jeg "
	    "var hva hvordan kan fra vi du så men eller når etter ble hvorfor",
	    "æøå" },
	{ "Finnish", LATIN,
	    "ja on ei se että hän oli ovat mutta kun niin tai myös mitä miten "
	    "kuinka mikä joka olla tämä ole kuin minä sinä voi",
	    "äö" },
	{ "Polish", LATIN,
	    "i w na z do się nie jest to że o jak za od po co ale są dla przez "
	    "ile czy który która tym był oraz",
	    "łąęśźżćń" },
	{ "Czech", LATIN,
	    "a v na je se že s z do to i o jako za od po co ale jsou pro kolik "
	    "jak který která byl nebo",
	    "řěůčšž" },
	{ "Romanian", LATIN,
	    "și de la în un o cu nu este că pe din care pentru sunt a mai ce "
	    "să al ale cât câte cum lui fost",
	    "ășțâî" },
	{ "Hungarian", LATIN,
	    "a az és hogy nem egy is ez azt van volt meg mit de ha vagy mint "
	    "csak hány mennyi milyen",
	    "őűö" },
	{ "Turkish", LATIN,
	    "ve bir bu da de için ile ne mi mı olarak olan çok daha en var kaç "
	    "nasıl gibi kadar sonra her ama",
	    "ğışç" },
	{ "Vietnamese", LATIN,
	    "và của là có trong một cho được với không các những người này đã "
	    "để khi từ như bao nhiêu thế nào gì hãy",
	    "đơưạảấầậểệịọộợủứừữ" },
	{ "Indonesian", LATIN,
	    "yang dan di dari untuk dengan ini itu adalah pada dalam tidak "
	    "akan apa bagaimana saya anda oleh ke juga atau berapa bisa",
	    "" },
	{ "Swahili", LATIN,
	    "na ya wa kwa ni za katika la kuwa hii hiyo ana kila ngapi gani "
	    "alikuwa yake wake kama lakini pia siku moja",
	    "" },
	{ "Latin", LATIN,
	    "et in est non ad cum ut qui quod sed ex ab esse sunt quae hoc "
	    "enim autem atque quam per nec",
	    "" },
	{ "Russian", CYRILLIC,
	    "и в не на что он с я как это по но из у за от так все для "
	    "сколько какой если или есть",
	    "ыэё" },
	{ "Ukrainian", CYRILLIC,
	    "і в не на що він з я як це по але із у за від так для скільки "
	    "або є та",
	    "іїєґ" },
	{ "Bulgarian", CYRILLIC,
	    "и в не на че той с аз как това по но от за се да са е ще колко "
	    "или има",
	    "ъ" },
	{ "Serbian", CYRILLIC,
	    "и у не на да је се са за од као што али или су то", "ђћјљњџ" },
	{ "Arabic", ARABIC,
	    "في من على إلى أن هذا هذه التي الذي ما لا عن مع كان كم هو هي كل",
	    "ةىيك" },
	{ "Persian", ARABIC,
	    "در از به که این را با است و برای آن یک می شود چند چه خود تا",
	    "پچژگیک" },
	{ "Urdu", ARABIC, "کے میں کی ہے کا سے کو اور نے پر یہ ہیں کیا",
	    "ٹڈڑےہںھ" },
	{ "Korean", HANGUL, "", "" },
	{ "Greek", GREEK, "", "" },
	{ "Hebrew", HEBREW, "", "" },
	{ "Hindi", DEVANAGARI,
	    "के में की है का से को और ने पर यह हैं क्या एक नहीं था हो भी कि "
	    "इस जो तो कर लिए वह थे थी या अपने साथ",
	    "" },
	{ "Marathi", DEVANAGARI,
	    "आणि आहे हे ते या मी तो ती च आहेत होते होता नाही साठी एक काय कि "
	    "की पण मध्ये तर किंवा आपण म्हणून त्या हा ही आपल्या",
	    "ळ" },
	{ "Nepali", DEVANAGARI,
	    "र छ को मा हो यो पनि छन् गर्न भने एक थियो लागि हुन्छ गरेको "
	    "तपाईं के म यस हरू छैन तर वा भएको गर्नुहोस्",
	    "" },
	{ "Bengali", BENGALI, "", "" },
	{ "Punjabi", GURMUKHI, "", "" },
	{ "Gujarati", GUJARATI, "", "" },
	{ "Tamil", TAMIL, "", "" },
	{ "Telugu", TELUGU, "", "" },
	{ "Kannada", KANNADA, "", "" },
	{ "Malayalam", MALAYALAM, "", "" },
	{ "Thai", THAI, "", "" },
	{ "Armenian", ARMENIAN, "", "" },
	{ "Georgian", GEORGIAN, "", "" },
};

/* Characters in which the two ways of writing Chinese differ. */
static const char simplified[] =
    "们这个为说国来时会对发学过还没点么经样开问让给现两间见话车东长门马书写"
    "语请认识该应当实题与从爱关员图机电体业产进运动将头难万亿术师声乐数计设"
    "论评译读课谁记讲试详调谈变标级纪约线组细结统绝续维网罗义习乡买卖亲价众"
    "优传伤债储儿兰兴养农冲决况净减几击创则刚别剧劝办务劳势区医华协单卫压厂"
    "厅历县参双号听启吗员响团园围场坏块坚执报护择换据摆旧显";
static const char traditional[] =
    "們這個為說國來時會對發學過還沒點麼經樣開問讓給現兩間見話車東長門馬書寫"
    "語請認識該應當實題與從愛關員圖機電體業產進運動將頭難萬億術師聲樂數計設"
    "論評譯讀課誰記講試詳調談變標級紀約線組細結統絕續維網羅義習鄉買賣親價眾"
    "優傳傷債儲兒蘭興養農衝決況淨減幾擊創則剛別劇勸辦務勞勢區醫華協單衛壓廠"
    "廳歷縣參雙號聽啟嗎響團園圍場壞塊堅執報護擇換據擺舊顯";
static const char classical[] = "之乎者也矣焉哉兮吾汝曰其於而乃岂豈孰惟弗";
static const char modern[] = "的了是我你他她们們吗嗎呢吧把被这這那么麼请請个個";

/* Marks of one Han character. */
enum { SIMPLE = 1, TRADITIONAL = 2, CLASSICAL = 4, MODERN = 8 };
static uint8_t han[0xa000 - 0x4e00];

/* Function words, and letters, by hash: a bit for each language. */
enum { SLOTS = 4096 };
static struct slot {
	uint64_t hash, langs;
} slots[SLOTS];
static uint64_t letter_langs[0x2000]; /* by code point */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct slot *
slot_of(uint64_t h)
{
	size_t i = h % SLOTS;

	while (slots[i].hash && slots[i].hash != h)
		i = (i + 1) % SLOTS;
	return &slots[i];
}

/* The next word of a folded text: a run of anything but spaces and signs.
 * {NULL, 0} at the end. */
static struct str
next_word(struct str t, size_t *at)
{
	static const char part[] = " #%&*@/\\()-+=<>^$|~0123456789";
	size_t from;

	while (*at < t.n && t.s[*at] && strchr(part, t.s[*at]))
		++*at;
	from = *at;
	while (*at < t.n && !(t.s[*at] && strchr(part, t.s[*at])))
		++*at;
	return (struct str){ *at > from ? t.s + from : NULL, *at - from };
}

static void
mark_han(const char *list, uint8_t mark)
{
	for (size_t at = 0, n = strlen(list); at < n;) {
		uint32_t c = utf8_next(list, n, &at);

		han[c - 0x4e00] |= mark;
	}
}

static void
learn(size_t lang)
{
	struct buf b = { 0 };
	struct str w;
	size_t at = 0, n = strlen(langs[lang].letters);

	fold(&b, str_of(langs[lang].words));
	while ((w = next_word((struct str){ b.s, b.n }, &at)).s) {
		struct slot *s = slot_of(hash64(w.s, w.n));

		s->hash = hash64(w.s, w.n);
		s->langs |= UINT64_C(1) << lang;
	}
	for (at = 0; at < n;) {
		uint32_t c = utf8_next(langs[lang].letters, n, &at);

		letter_langs[c] |= UINT64_C(1) << lang;
	}
	buf_done(&b);
}

static void
make_tables(void)
{
	mark_han(simplified, SIMPLE);
	mark_han(traditional, TRADITIONAL);
	mark_han(classical, CLASSICAL);
	mark_han(modern, MODERN);
	for (size_t i = 0; i < COUNT(han); i++)
		if ((han[i] & 3) == 3) /* the same in both */
			han[i] &= (uint8_t)~3u;
	for (size_t i = 0; i < COUNT(langs); i++)
		learn(i);
}

/* What was seen in one text. */
struct seen {
	double script[SCRIPTS], all;
	double lang[COUNT(langs)];
	unsigned simple, traditional, classical, modern, ideographs, kana;
};

static void
vote(struct seen *s, uint64_t who, double weight)
{
	weight /= __builtin_popcountll(who);
	for (size_t i = 0; i < COUNT(langs); i++)
		if (who >> i & 1)
			s->lang[i] += weight;
}

static void
see_letter(struct seen *s, uint32_t c)
{
	size_t low = 0, high = COUNT(ranges);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ranges[mid].last < c)
			low = mid + 1;
		else
			high = mid;
	}
	if (c >= 0x80 && c < COUNT(letter_langs) && letter_langs[c])
		vote(s, letter_langs[c], 0.5);
	if (low == COUNT(ranges) || c < ranges[low].first)
		return;
	s->script[ranges[low].script] += ranges[low].weight;
	s->all += ranges[low].weight;
	s->kana += ranges[low].script == KANA;
	if (ranges[low].script != HAN)
		return;
	s->ideographs++;
	if (c >= 0x4e00 && c < 0xa000) {
		s->simple += han[c - 0x4e00] & SIMPLE;
		s->traditional += !!(han[c - 0x4e00] & TRADITIONAL);
		s->classical += !!(han[c - 0x4e00] & CLASSICAL);
		s->modern += !!(han[c - 0x4e00] & MODERN);
	}
}

static void
see_words(struct seen *s, struct str text)
{
	struct buf b = { 0 };
	struct str w;
	size_t at = 0;

	fold(&b, text);
	while ((w = next_word((struct str){ b.s, b.n }, &at)).s) {
		const struct slot *slot = slot_of(hash64(w.s, w.n));
		uint64_t who = slot->langs;

		if (w.n == 1) /* formulas are full of letters */
			who &= *w.s == 'a' ? 1 : 0;
		if (who)
			vote(s, who, w.n == 1 ? 0.5 : 1);
	}
	buf_done(&b);
}

static double
surety(double best, double next)
{
	return best / (best + next + 0.5);
}

static const char *
which_han(const struct seen *s, double *p)
{
	double one = s->simple, other = s->traditional;

	if (s->kana * 20 >= s->ideographs + s->kana)
		return "Japanese";
	if (s->classical >= 2 * s->modern &&
	    s->classical * 10 >= s->ideographs && s->classical >= 2) {
		*p *= surety(s->classical, s->modern);
		return "Classical Chinese";
	}
	if (other > one) {
		*p *= surety(other, one);
		return "Traditional Chinese";
	}
	/* Short texts often hold none that tells; most are simplified. */
	*p *= surety(one + 0.5, other);
	return "Simplified Chinese";
}

static const char *
which_of(const struct seen *s, enum script script, double *p)
{
	const struct lang *only = NULL;
	double best = 0, next = 0;
	size_t at = 0, many = 0;

	for (size_t i = 0; i < COUNT(langs); i++) {
		double x = s->lang[i];

		if (langs[i].script != script)
			continue;
		if (!many++)
			only = &langs[i], at = i;
		if (x > best) {
			next = best;
			best = x;
			at = i;
		} else if (x > next) {
			next = x;
		}
	}
	if (!only)
		return "Other";
	if (many == 1)
		return only->name;
	*p *= best > 0 ? surety(best, next) : 0.25;
	return langs[at].name;
}

const char *
langid(struct str t, double *p)
{
	struct seen s = { 0 };
	enum script top = LATIN;

	pthread_once(&once, make_tables);
	for (size_t at = 0; at < t.n;)
		see_letter(&s, utf8_next(t.s, t.n, &at));
	*p = 0;
	if (s.all <= 0)
		return "None";
	s.script[HAN] += s.script[KANA];
	s.script[KANA] = 0;
	for (int i = 1; i < SCRIPTS; i++)
		if (s.script[i] > s.script[top])
			top = (enum script)i;
	*p = s.script[top] / s.all;
	if (top == HAN)
		return which_han(&s, p);
	if (top == LATIN || top == CYRILLIC || top == ARABIC ||
	    top == DEVANAGARI)
		see_words(&s, t);
	return which_of(&s, top, p);
}
