/**
 * The product's own words, language by language.
 *
 * 1. The sentences of a text message fit one SMS part with a name of 20 letters and a code of 6.
 *    Where a language has words for it without the accents that GSM-7 lacks, these are used,
 *    because they leave room for 160 characters instead of 70: `clave`, `PIN` for `código`.
 * 2. `min.` stands where a language would need a plural.
 * 3. A code for a payment names amount and payee (PSD2 RTS Art. 5).
 */
export interface Wording {
  /** BCP 47. */
  readonly language: string;
  /** What the sentences of `text`, `validity` and `secrecy` are written in, on purpose. */
  readonly alphabet: 'gsm7' | 'ucs2';
  readonly plain: PurposeWording;
  readonly transaction: PurposeWording;
  readonly validity: string;
  readonly secrecy: string;
}

export interface PurposeWording {
  /** The first sentence of a text message. */
  readonly text: string;
  readonly speech: string;
  readonly subject: string;
  /** Stands above the code in a mail. */
  readonly introduction: string;
  /** What to do for whoever did not ask for the code. */
  readonly ifUnexpected: string;
}

const sum = '{{amount}} {{currency}}';

export const wordings: readonly Wording[] = [
  {
    language: 'en',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} is your {{application}} code.',
      speech: 'Your {{application}} code is: {{code}}.',
      subject: 'Your {{application}} code',
      introduction: 'Your {{application}} code:',
      ifUnexpected: 'If you did not ask for a code, ignore this message.',
    },
    transaction: {
      text: `{{code}} is your {{application}} code to pay ${sum} to {{payee}}.`,
      speech: `Your {{application}} code to pay ${sum} to {{payee}} is: {{code}}.`,
      subject: 'Your {{application}} code for a payment',
      introduction: `Your {{application}} code to pay ${sum} to {{payee}}:`,
      ifUnexpected: 'If you did not start this payment, do not use the code.',
    },
    validity: 'It is valid for {{lifetimeMinutes}} min.',
    secrecy: 'Do not share it with anyone.',
  },
  {
    language: 'de',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} ist Ihr {{application}}-Code.',
      speech: 'Ihr {{application}}-Code lautet: {{code}}.',
      subject: 'Ihr {{application}}-Code',
      introduction: 'Ihr {{application}}-Code:',
      ifUnexpected:
        'Wenn Sie keinen Code angefordert haben, beachten Sie diese Nachricht nicht weiter.',
    },
    transaction: {
      text: `{{code}} ist Ihr {{application}}-Code, um ${sum} an {{payee}} zu zahlen.`,
      speech: `Ihr {{application}}-Code, um ${sum} an {{payee}} zu zahlen, lautet: {{code}}.`,
      subject: 'Ihr {{application}}-Code für eine Zahlung',
      introduction: `Ihr {{application}}-Code, um ${sum} an {{payee}} zu zahlen:`,
      ifUnexpected: 'Wenn Sie diese Zahlung nicht veranlasst haben, verwenden Sie den Code nicht.',
    },
    validity: 'Er gilt {{lifetimeMinutes}} Min.',
    secrecy: 'Geben Sie ihn an niemanden weiter.',
  },
  {
    language: 'fr',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} est votre code {{application}}.',
      speech: 'Votre code {{application}} est : {{code}}.',
      subject: 'Votre code {{application}}',
      introduction: 'Votre code {{application}} :',
      ifUnexpected: 'Si vous n’avez pas demandé de code, ignorez ce message.',
    },
    transaction: {
      text: `{{code}} est votre code {{application}} pour payer ${sum} à {{payee}}.`,
      speech: `Votre code {{application}} pour payer ${sum} à {{payee}} est : {{code}}.`,
      subject: 'Votre code {{application}} pour un paiement',
      introduction: `Votre code {{application}} pour payer ${sum} à {{payee}} :`,
      ifUnexpected: 'Si vous n’êtes pas à l’origine de ce paiement, n’utilisez pas ce code.',
    },
    validity: 'Il est valable {{lifetimeMinutes}} min.',
    secrecy: 'Ne le communiquez à personne.',
  },
  {
    language: 'es',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} es su clave de {{application}}.',
      speech: 'Su código de {{application}} es: {{code}}.',
      subject: 'Su código de {{application}}',
      introduction: 'Su código de {{application}}:',
      ifUnexpected: 'Si no ha solicitado ningún código, ignore este mensaje.',
    },
    transaction: {
      text: `{{code}} es su clave de {{application}} para pagar ${sum} a {{payee}}.`,
      speech: `Su código de {{application}} para pagar ${sum} a {{payee}} es: {{code}}.`,
      subject: 'Su código de {{application}} para un pago',
      introduction: `Su código de {{application}} para pagar ${sum} a {{payee}}:`,
      ifUnexpected: 'Si no ha iniciado este pago, no utilice el código.',
    },
    validity: 'Caduca en {{lifetimeMinutes}} min.',
    secrecy: 'No comparta este mensaje con nadie.',
  },
  {
    language: 'it',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} è il suo codice {{application}}.',
      speech: 'Il suo codice {{application}} è: {{code}}.',
      subject: 'Il suo codice {{application}}',
      introduction: 'Il suo codice {{application}}:',
      ifUnexpected: 'Se non ha richiesto un codice, ignori questo messaggio.',
    },
    transaction: {
      text: `{{code}} è il suo codice {{application}} per pagare ${sum} a {{payee}}.`,
      speech: `Il suo codice {{application}} per pagare ${sum} a {{payee}} è: {{code}}.`,
      subject: 'Il suo codice {{application}} per un pagamento',
      introduction: `Il suo codice {{application}} per pagare ${sum} a {{payee}}:`,
      ifUnexpected: 'Se non ha avviato questo pagamento, non usi il codice.',
    },
    validity: 'Scade tra {{lifetimeMinutes}} min.',
    secrecy: 'Non lo comunichi a nessuno.',
  },
  {
    language: 'pt',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} é o seu PIN {{application}}.',
      speech: 'O seu código {{application}} é: {{code}}.',
      subject: 'O seu código {{application}}',
      introduction: 'O seu código {{application}}:',
      ifUnexpected: 'Se não pediu um código, ignore esta mensagem.',
    },
    transaction: {
      text: `{{code}} é o seu PIN {{application}} para pagar ${sum} a {{payee}}.`,
      speech: `O seu código {{application}} para pagar ${sum} a {{payee}} é: {{code}}.`,
      subject: 'O seu código {{application}} para um pagamento',
      introduction: `O seu código {{application}} para pagar ${sum} a {{payee}}:`,
      ifUnexpected: 'Se não iniciou este pagamento, não use o código.',
    },
    validity: 'Expira em {{lifetimeMinutes}} min.',
    secrecy: 'Nunca o revele a terceiros.',
  },
  {
    language: 'nl',
    alphabet: 'gsm7',
    plain: {
      text: '{{code}} is uw {{application}}-code.',
      speech: 'Uw {{application}}-code is: {{code}}.',
      subject: 'Uw {{application}}-code',
      introduction: 'Uw {{application}}-code:',
      ifUnexpected: 'Hebt u niet om een code gevraagd? Dan kunt u dit bericht negeren.',
    },
    transaction: {
      text: `{{code}} is uw {{application}}-code om ${sum} te betalen aan {{payee}}.`,
      speech: `Uw {{application}}-code om ${sum} te betalen aan {{payee}} is: {{code}}.`,
      subject: 'Uw {{application}}-code voor een betaling',
      introduction: `Uw {{application}}-code om ${sum} te betalen aan {{payee}}:`,
      ifUnexpected: 'Bent u deze betaling niet begonnen? Gebruik de code dan niet.',
    },
    validity: 'Geldig: {{lifetimeMinutes}} min.',
    secrecy: 'Deel deze code met niemand.',
  },
  {
    language: 'pl',
    alphabet: 'gsm7',
    plain: {
      text: 'Kod {{application}}: {{code}}.',
      speech: 'Twój kod {{application}} to: {{code}}.',
      subject: 'Twój kod {{application}}',
      introduction: 'Twój kod {{application}}:',
      ifUnexpected: 'Jeśli to nie Ty prosisz o kod, zignoruj tę wiadomość.',
    },
    transaction: {
      text: `Kod {{application}} do transakcji: {{code}}. Kwota: ${sum}. Odbiorca: {{payee}}.`,
      speech: `Kwota: ${sum}. Odbiorca: {{payee}}. Twój kod {{application}} to: {{code}}.`,
      subject: 'Twój kod {{application}} do płatności',
      introduction: `Kwota: ${sum}. Odbiorca: {{payee}}. Twój kod {{application}}:`,
      ifUnexpected: 'Jeśli to nie Ty zlecasz tę płatność, nie używaj kodu.',
    },
    validity: 'Wygasa za {{lifetimeMinutes}} min.',
    secrecy: 'Nie podawaj go nikomu.',
  },
  {
    language: 'tr',
    alphabet: 'gsm7',
    plain: {
      text: '{{application}} onay kodunuz: {{code}}.',
      speech: '{{application}} onay kodunuz: {{code}}.',
      subject: '{{application}} onay kodunuz',
      introduction: '{{application}} onay kodunuz:',
      ifUnexpected: 'Kodu siz istemediyseniz bu iletiyi dikkate almayın.',
    },
    transaction: {
      text: `{{application}} ödeme kodunuz: {{code}}. Tutar: ${sum}. Kime: {{payee}}.`,
      speech: `Tutar: ${sum}. Alıcı: {{payee}}. {{application}} ödeme kodunuz: {{code}}.`,
      subject: '{{application}} ödeme onay kodunuz',
      introduction: `Tutar: ${sum}. Alıcı: {{payee}}. {{application}} ödeme kodunuz:`,
      ifUnexpected: 'Bu ödemeyi siz başlatmadıysanız kodu kullanmayın.',
    },
    validity: 'Süre: {{lifetimeMinutes}} dk.',
    secrecy: 'Kodu kimseye vermeyin.',
  },
  {
    language: 'hi',
    alphabet: 'ucs2',
    plain: {
      text: '{{code}} आपका {{application}} कोड है।',
      speech: 'आपका {{application}} कोड है: {{code}}।',
      subject: 'आपका {{application}} कोड',
      introduction: 'आपका {{application}} कोड:',
      ifUnexpected: 'अगर आपने कोड नहीं माँगा है, तो इस संदेश को अनदेखा करें।',
    },
    transaction: {
      text: `{{code}}: {{payee}} को ${sum} के भुगतान का {{application}} कोड।`,
      speech: `{{payee}} को ${sum} के भुगतान के लिए आपका {{application}} कोड है: {{code}}।`,
      subject: 'भुगतान के लिए आपका {{application}} कोड',
      introduction: `{{payee}} को ${sum} के भुगतान के लिए आपका {{application}} कोड:`,
      ifUnexpected: 'अगर यह भुगतान आपने शुरू नहीं किया है, तो इस कोड का उपयोग न करें।',
    },
    validity: 'यह {{lifetimeMinutes}} मिनट तक मान्य है।',
    secrecy: 'इसे किसी के साथ साझा न करें।',
  },
  {
    language: 'vi',
    alphabet: 'ucs2',
    plain: {
      text: '{{code}} là mã {{application}} của bạn.',
      speech: 'Mã {{application}} của bạn là: {{code}}.',
      subject: 'Mã {{application}} của bạn',
      introduction: 'Mã {{application}} của bạn:',
      ifUnexpected: 'Nếu bạn không yêu cầu mã, hãy bỏ qua thư này.',
    },
    transaction: {
      text: `{{code}} là mã {{application}} để trả ${sum} cho {{payee}}.`,
      speech: `Mã {{application}} để thanh toán ${sum} cho {{payee}} là: {{code}}.`,
      subject: 'Mã {{application}} để thanh toán',
      introduction: `Mã {{application}} để thanh toán ${sum} cho {{payee}}:`,
      ifUnexpected: 'Nếu bạn không thực hiện khoản thanh toán này, đừng sử dụng mã.',
    },
    validity: 'Hiệu lực: {{lifetimeMinutes}} phút.',
    secrecy: 'Không chia sẻ mã này với bất kỳ ai.',
  },
];
