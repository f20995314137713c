import { isDigit, isLetterCode } from "./characters.ts";
import { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** Whether the current word starts a comprehension, rather than being a name (`if: 1`, `[for]`, `{in}`). */
export function isClauseStart(stream: TokenStream): boolean {
  const code = stream.peekCode();
  switch (stream.token) {
    case Token.for:
      return isNameCode(code);
    case Token.if:
      return isConditionStart(stream, code);
    case Token.ident:
      return stream.isWord("try") && (code === 0x7b || isNameCode(code));
    default:
      return false;
  }
}

/** Whether `let` starts a clause: a name follows on the line. */
export function isLetStart(stream: TokenStream): boolean {
  return stream.token === Token.let && isNameCode(stream.peekCode());
}

function isNameCode(code: number): boolean {
  return isLetterCode(code) || code === 0x23 || code > 0x7f;
}

/** After `if` anything but what ends or labels an element is a condition. */
function isConditionStart(stream: TokenStream, code: number): boolean {
  switch (code) {
    case 0x3a: // :
    case 0x3f: // ?
    case 0x2c: // ,
    case 0x7d: // }
    case 0x5d: // ]
    case 0x29: // )
    case 0x0a:
    case 0x7e: // ~
    case 0x26: // &
    case 0x7c: // |
      return false;
    case 0x2e: // .
      return isDigit(stream.peekCode(1));
    case 0x21: // !
      return stream.peekCode(1) !== 0x3a;
    case 0x3d: // = but not == or =~
      return stream.peekCode(1) === 0x3d || stream.peekCode(1) === 0x7e;
    case 0x2f: // a comment
      return false;
    default:
      return code === code;
  }
}
