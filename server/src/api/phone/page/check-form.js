import { checkCode, sentenceOf } from './api.js';
import { copyButton } from './copy-button.js';
import { element } from './elements.js';
import { countOf } from './verification-badge.js';

/** @import { Verdict, Verification } from './api.js' */

let count = 0;

/**
 * The field in which a code is tried, and what came of it.
 *
 * @param {string} verificationId
 * @param {(verification: Verification) => void} onChange
 */
export function checkForm(verificationId, onChange) {
  count += 1;
  const id = `check-${count}`;
  const input = element('input', {
    id,
    name: 'code',
    type: 'text',
    class: 'code-field',
    maxlength: '64',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    'aria-describedby': `${id}-verdict`,
  });
  const label = element('label', { for: id }, 'Type the code as your user would');
  const button = element('button', { class: 'button', type: 'submit' }, 'Check');
  const fields = element('div', { class: 'check-row' }, input, button);
  const form = element('form', { class: 'check', autocomplete: 'off' }, label, fields);
  const verdict = element('p', { class: 'verdict', id: `${id}-verdict`, role: 'status' });
  const proofPlace = element('div', { class: 'proof' });
  const whole = element('div', { class: 'check-area' }, form, verdict, proofPlace);
  let isBusy = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const code = input.value.trim();
    if (code === '') {
      show('problem', 'Type a code first.');
      input.focus();
      return;
    }
    if (isBusy) return;
    isBusy = true;
    try {
      const answer = await checkCode(verificationId, code);
      show(answer.approved ? 'right' : 'wrong', verdictWords(answer));
      if (answer.proof !== null) offerProof(answer.proof);
      // What was wrong is there to be typed over; what was right is left to be seen.
      if (!answer.approved && document.activeElement === input) input.select();
      onChange(answer);
    } catch (error) {
      show('problem', sentenceOf(error));
    } finally {
      isBusy = false;
    }
  });

  /**
   * @param {'right' | 'wrong' | 'problem'} kind
   * @param {string} text
   */
  function show(kind, text) {
    verdict.dataset['kind'] = kind;
    verdict.textContent = text;
  }

  /** @param {string} proof */
  function offerProof(proof) {
    const words = element('span', {}, 'Your application also gets a signed proof.');
    const button = copyButton('Copy proof', 'Copy proof', () => proof);
    proofPlace.replaceChildren(words, button);
  }

  return {
    element: whole,
    form,
    /** Whether somebody is using it or has: it must not vanish under their hands. */
    isInUse: () => verdict.textContent !== '' || whole.contains(document.activeElement),
  };
}

/** @param {Verdict} verdict */
function verdictWords(verdict) {
  switch (verdict.reason) {
    case null:
      return 'Right. The verification is approved.';
    case 'wrong_code':
      return verdict.checksLeft > 0
        ? `Wrong code. ${countOf(verdict.checksLeft, 'check')}.`
        : 'Wrong code, and that was the last check. The verification has failed.';
    case 'expired':
      return 'Too late: the code has expired.';
    case 'too_many_checks':
      return 'Not checked: this code has no checks left.';
    case 'already_used':
      return 'Not checked: this code was used already.';
    case 'canceled':
      return 'Not checked: the verification was canceled.';
    default:
      return `Not approved: ${verdict.reason}.`;
  }
}
