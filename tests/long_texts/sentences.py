"""Short texts in every language of the description, as their sentences, with what tempts one to split elsewhere."""

# ruff: noqa: RUF001  # a language is one line; the scripts of 31 of them
from __future__ import annotations

from collections.abc import Mapping, Sequence

SENTENCES: Mapping[str, Sequence[str]] = {
    "ar": ["وصل د. أحمد في الساعة ١٢:٣٠ ومعه ١٬٢٥٠٫٥٠ دينارا. ", "هل كان وحده؟ ", "لا، كان معه صديق!"],
    "as": ["তেওঁ ৩.৫ কিলোমিটাৰ খোজ কাঢ়িলে। ", "বতৰ ভাল আছিল নেকি? ", "হয়, বৰ ভাল আছিল।"],
    "bn": ["ডা. রহমান ১২,৩৪,৫৬৭ টাকা দিয়েছেন। ", "আপনি কি জানেন কেন? ", "না, আমি জানি না।"],
    "cs": ["Pan Dr. Novák přišel 3. května v 10.30 hod. a sedl si. ", "„Máte čas?“ zeptal se. ", "Ano, samozřejmě."],
    "da": ["Mødet den 3. maj varede ca. 2,5 timer. ", "Kom hr. Jensen? ", "Ja, bl.a. han."],
    "de": ["Am 3. Mai kam Dr. Meier, z. B. mit 1.250,50 Euro. ", "„Kommt er?“, fragte sie. ", "Ja, d. h. vielleicht."],
    "en": [
        "Mr. Smith paid $3.50 at 10 a.m. on Jan. 5 to J. R. Jones. ",
        '"Is it true?" she asked. ',
        "It is (I think.) ",
        "Yes!",
    ],
    "es": ["El Sr. García pagó 1.250,50 euros. ", "¿Por qué? ", "¡Porque sí! ", "Así lo dijo la Dra. Ruiz."],
    "fi": ["Kokous pidettiin 3. toukokuuta klo 10.30 esim. Turussa. ", "Tuliko hän? ", "Kyllä tuli."],
    "fr": ["M. Dupont a payé 1 250,50 euros le 3 mai. ", "Pourquoi ? ", "« Parce que ! » ", "Mme Petit l’a dit."],
    "hi": ["डॉ. शर्मा ने 12,34,567.50 रुपये दिए। ", "क्या यह सच है? ", "हाँ, यह सच है।"],
    "id": ["Dr. Budi membayar Rp1.250,50 pada pukul 10.30. ", "Mengapa? ", "Karena itu harganya."],
    "it": ["Il dott. Rossi ha pagato 1.250,50 euro al sig. Bianchi. ", "Perché? ", "Non lo so!"],
    "ja": ["彼は3.5キロ歩いた。", "「本当ですか？」と彼女は聞いた。", "はい、本当です！", "それだけだった。"],
    "ko": ["김 박사는 3.5킬로미터를 걸었다. ", "정말입니까? ", "네, 정말입니다!"],
    "ml": ["ഡോ. നായർ 3.5 കിലോമീറ്റർ നടന്നു. ", "ഇത് സത്യമാണോ? ", "അതെ, സത്യമാണ്."],
    "mr": ["डॉ. पाटील यांनी १२,३४,५६७.५० रुपये दिले. ", "हे खरे आहे का? ", "हो, खरे आहे."],
    "nl": ["Dhr. Jansen betaalde 1.250,50 euro, d.w.z. alles. ", "Waarom? ", "Omdat het moest!"],
    "pl": ["Prof. Nowak zapłacił 1 250,50 zł, tj. wszystko. ", "Dlaczego? ", "Bo tak trzeba!"],
    "pt": ["O Sr. Silva pagou 1.250,50 euros à Dra. Costa. ", "Por quê? ", "Porque sim!"],
    "ru": ["В 2026 г. профессор А. С. Иванов заплатил 1 250,50 руб. за книгу. ", "Почему? ", "Потому что так надо!"],
    "sk": ["Dr. Novák prišiel 3. mája o 10.30 hod. a sadol si. ", "Máte čas? ", "Áno, mám."],
    "sv": ["Mötet den 3 maj varade ca 2,5 timmar, dvs. länge. ", "Kom dr. Berg? ", "Ja, bl.a. han."],
    "ta": ["டாக்டர் குமார் 3.5 கிலோமீட்டர் நடந்தார். ", "இது உண்மையா? ", "ஆம், உண்மைதான்."],
    "te": ["డా. రావు 3.5 కిలోమీటర్లు నడిచారు. ", "ఇది నిజమా? ", "అవును, నిజమే."],
    "th": ["เขาเดินไป 3.5 กิโลเมตร ", "วันนี้อากาศดีมาก ", "เราจึงไปตลาดด้วยกัน"],
    "tr": ["Dr. Yılmaz saat 10.30'da 1.250,50 lira ödedi. ", "Neden? ", "Çünkü öyle gerekti!"],
    "uk": ["У 2026 р. професор А. С. Коваль заплатив 1 250,50 грн. за книгу. ", "Чому? ", "Бо так треба!"],
    "ur": ["ڈاکٹر خان نے 3.5 کلومیٹر پیدل سفر کیا۔ ", "کیا یہ سچ ہے؟ ", "ہاں، یہ سچ ہے۔"],
    "vi": ["TS. Nguyễn đã trả 1.250,50 đồng lúc 10.30. ", "Tại sao? ", "Vì phải thế!"],
    "zh": ["他走了3.5公里。", "“真的吗？”她问。", "真的！", "一共1,250.50元。"],
}
