import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Inline, parseMarkdown, safeUrl } from '../src/markdown.ts';

function inline(text: string): Inline[] {
  const [block] = parseMarkdown(text);
  assert.equal(block?.kind, 'paragraph');
  return (block as { parts: Inline[] }).parts;
}

function words(part: Inline): string {
  if (part.kind === 'break') return '\n';
  return 'text' in part ? part.text : part.parts.map(words).join('');
}

describe('inline Markdown', () => {
  it('reads emphasis, code and line breaks', () => {
    assert.deepEqual(inline('**a** *b* `c*`\nd').map((part) => part.kind),
      ['strong', 'text', 'emphasis', 'text', 'code', 'break', 'text']);
  });

  it('leaves HTML as text', () => {
    const html = '<img src=x onerror=alert(1)><script>1</script>';
    assert.deepEqual(inline(html), [{ kind: 'text', text: html }]);
  });

  it('makes no link of a script address', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'JaVaScRiPt:alert', 'vbscript:x', '//evil.example']) {
      assert.deepEqual(inline(`[x](${url})`).map((part) => part.kind), ['text'], url);
    }
  });

  it('turns an image into a link, so that nothing is loaded', () => {
    const [part] = inline('![alt](https://pictures.example/a.png)');
    assert.equal(part?.kind, 'link');
  });

  it('leaves the full stop after an address outside of it', () => {
    const [part, rest] = inline('https://docs.example/a_b. Next');
    assert.equal((part as { url: string }).url, 'https://docs.example/a_b');
    assert.deepEqual(rest, { kind: 'text', text: '. Next' });
  });

  it('leaves stars and underscores inside words alone', () => {
    const text = '2 * 3 * 4 and snake_case_name and **';
    assert.deepEqual(inline(text), [{ kind: 'text', text }]);
  });

  it('takes escaped signs as signs', () => {
    assert.equal(inline('\\*not\\* strong').map(words).join(''), '*not* strong');
  });

  it('reads hostile text in reasonable time', () => {
    const start = performance.now();
    for (const text of ['*'.repeat(4000), '['.repeat(4000), '_a'.repeat(2000), '`'.repeat(4001), '**a'.repeat(1300)]) {
      parseMarkdown(text);
    }
    assert.ok(performance.now() - start < 1500);
  });
});

describe('blocks', () => {
  it('reads paragraphs, lists within lists, code and headings', () => {
    const blocks = parseMarkdown('# Title\nText\n\n- one\n- two\n  1. deep\n\n```\n<b>\n```');
    assert.deepEqual(blocks.map((block) => block.kind), ['heading', 'paragraph', 'list', 'code']);
    const list = blocks[2] as Extract<(typeof blocks)[number], { kind: 'list' }>;
    assert.deepEqual(list.items[1]!.map((block) => block.kind), ['paragraph', 'list']);
  });

  it('keeps where an ordered list starts', () => {
    assert.deepEqual(parseMarkdown('3. c\n4. d').map((block) => 'start' in block && block.start), [3]);
  });

  it('gives back every word', () => {
    assert.equal(parseMarkdown('').length, 0);
    assert.equal(inline('a ~~b~~ | c |').map(words).join(''), 'a ~~b~~ | c |');
  });
});

describe('addresses', () => {
  it('are http, https or mail, or a path of the assistant', () => {
    assert.equal(safeUrl('mailto:desk@support.example'), 'mailto:desk@support.example');
    assert.equal(safeUrl('/articles/1', 'https://ask.example'), 'https://ask.example/articles/1');
    assert.equal(safeUrl('/\\evil.example', 'https://ask.example'), null);
    assert.equal(safeUrl('file:///etc/passwd'), null);
    assert.equal(safeUrl(''), null);
  });
});
