/**
 * Text that has broken other software: a selection from the Big List of Naughty Strings (https://github.com/minimaxir/big-list-of-naughty-strings,
 * MIT, © Max Woolf), and some of our own. All of it is well-formed Unicode without NUL, so every text field must give it back byte for byte.
 */
export const NAUGHTY = [
  'undefined', 'null', 'NaN', 'Infinity', '-Infinity', '\\', '\\\\', '0x0', '-0', '1e1000', '0xffffffffffffffff', '1/0', '123456789012345678901234567890123456789',
  'true', 'constructor', '__proto__', 'hasOwnProperty', 'toString', '$where', '{"$gt":""}',
  ',./;\'[]\\-=', '<>?:"{}|_+', '!@#$%^&*()`~', '%', '%00', '%_', '100%', "'", '"', "''", "'; drop table customers; --", "1' or '1'='1", ':1', '$1', '?', '@name',
  '\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\u000e\u000f\u007f', '\t\u000b\f \u0085\u00a0\u1680\u2002\u2028\u2029\u3000x', '\u00ad\u0600\u061c\u200b\u200e\u200f\u202a\u2060\ufeff', '\ufeff', '\ufffe',
  'Ω≈ç√∫˜µ≤≥÷', '⁰⁴⁵₀₁₂', '田中さんにあげて下さい', '和製漢語', '사회과학원 어학연구소', '𠜎𠜱𠝹𠱓𠱸𠲖𠳏', 'Ⱥ', 'ȺȾ', 'ヽ༼ຈل͜ຈ༽ﾉ', '(｡◕ ∀ ◕｡)', '😍', '👾 🙇 💁', '👩‍👩‍👧‍👦', '🇺🇸🇷🇺🇸', '１２３', '١٢٣',
  'ثم نفس سقطت وبالتحديد', 'בְּרֵאשִׁית', '\u202atest\u202b', '⁦test⁧', 'Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤', 'İ', 'ı', 'ß', 'ẞ', 'ǅ', 'e\u0301', '\u00e9', '\u1e9b\u0323',
  "<script>alert('hi')</script>", '<img src=x onerror=alert(1)>', 'javascript:alert(1)', '{{7*7}}', '${7*7}', '#{7*7}', '<!--#exec cmd="ls"-->', '\u001b[31mred', '../../../../etc/passwd%00', '() { 0; }; touch /tmp/x', '$(touch /tmp/x)', '`touch /tmp/x`', '=1+1', '@SUM(1)', '+1', '-1', '\r\nSet-Cookie: a=b', 'a\r\n\r\nb', '%0d%0a', '* " NEAR (x) AND NOT', 'name:x', '-x', 'a AND', '"unclosed', '^a', 'a*', "x' & !y | (z)", ':*', '\\:*', "\\'", 'Powerلُلُصّبُلُلصّبُررً ॣ ॣh ॣ ॣ冗',
] as const
