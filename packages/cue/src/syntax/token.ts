/**
 * Kinds of tokens. Plain numbers, since the scanner and the parser compare them for each character group of a file.
 * Words with a meaning only at some places (`package import try else otherwise fallback func`) are identifiers.
 */
export const Token = {
  eof: 0,
  illegal: 1,
  comment: 2,
  attribute: 3,
  ident: 4,
  int: 5,
  float: 6,
  string: 7,
  /** The text of a string from its start, or from a `)`, up to and with `\(`. */
  interpolation: 8,
  bottom: 9,
  null: 10,
  true: 11,
  false: 12,
  for: 13,
  in: 14,
  if: 15,
  let: 16,
  add: 17,
  sub: 18,
  mul: 19,
  quo: 20,
  and: 21,
  or: 22,
  land: 23,
  lor: 24,
  bind: 25,
  eql: 26,
  neq: 27,
  lss: 28,
  leq: 29,
  gtr: 30,
  geq: 31,
  mat: 32,
  nmat: 33,
  not: 34,
  colon: 35,
  comma: 36,
  period: 37,
  ellipsis: 38,
  lparen: 39,
  rparen: 40,
  lbrack: 41,
  rbrack: 42,
  lbrace: 43,
  rbrace: 44,
  option: 45,
  tilde: 46,
  /** `<-`, which CUE does not use: `< -5` needs its blank. */
  arrow: 47,
} as const;

export type Token = (typeof Token)[keyof typeof Token];

const fixedTexts = new Map<Token, string>([
  [Token.eof, "EOF"],
  [Token.bottom, "_|_"],
  [Token.null, "null"],
  [Token.true, "true"],
  [Token.false, "false"],
  [Token.for, "for"],
  [Token.in, "in"],
  [Token.if, "if"],
  [Token.let, "let"],
  [Token.add, "+"],
  [Token.sub, "-"],
  [Token.mul, "*"],
  [Token.quo, "/"],
  [Token.and, "&"],
  [Token.or, "|"],
  [Token.land, "&&"],
  [Token.lor, "||"],
  [Token.bind, "="],
  [Token.eql, "=="],
  [Token.neq, "!="],
  [Token.lss, "<"],
  [Token.leq, "<="],
  [Token.gtr, ">"],
  [Token.geq, ">="],
  [Token.mat, "=~"],
  [Token.nmat, "!~"],
  [Token.not, "!"],
  [Token.colon, ":"],
  [Token.comma, ","],
  [Token.period, "."],
  [Token.ellipsis, "..."],
  [Token.lparen, "("],
  [Token.rparen, ")"],
  [Token.lbrack, "["],
  [Token.rbrack, "]"],
  [Token.lbrace, "{"],
  [Token.rbrace, "}"],
  [Token.option, "?"],
  [Token.tilde, "~"],
  [Token.arrow, "<-"],
]);

/** The text of an operator, bracket or keyword; `undefined` for tokens whose text varies. */
export function tokenText(token: Token): string | undefined {
  return fixedTexts.get(token);
}

/** Binding strength of a binary operator, 1 (`|`) to 7 (`*`); 0 for every other token. */
export function precedenceOf(token: Token): number {
  switch (token) {
    case Token.or:
      return 1;
    case Token.and:
      return 2;
    case Token.lor:
      return 3;
    case Token.land:
      return 4;
    case Token.eql:
    case Token.neq:
    case Token.lss:
    case Token.leq:
    case Token.gtr:
    case Token.geq:
    case Token.mat:
    case Token.nmat:
      return 5;
    case Token.add:
    case Token.sub:
      return 6;
    case Token.mul:
    case Token.quo:
      return 7;
    default:
      return 0;
  }
}
