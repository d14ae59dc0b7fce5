// @ai-sdk/lmnt, which has the model aurora as its default, sends the format as response_format, and knows one address alone.
import fs from 'node:fs';
import { experimental_generateSpeech as generateSpeech } from 'ai';
import { createLMNT } from '@ai-sdk/lmnt';

const here = (url, options) => fetch(String(url).replace('https://api.lmnt.com', process.env.LMNT_BASE_URL), options);
const lmnt = createLMNT({ apiKey: 'key', fetch: here });
for (const outputFormat of ['mp3', 'wav', 'aac', 'mulaw', 'raw']) {
  const { audio } = await generateSpeech({ model: lmnt.speech('aurora'), text: 'Hello there.', voice: 'leah', outputFormat });
  const name = { mulaw: 'ai-mulaw.wav', raw: 'ai-raw.24000.f32' }[outputFormat] ?? `ai-${outputFormat}.${outputFormat}`;
  fs.writeFileSync(`${process.argv[2]}/${name}`, audio.uint8Array);
}
console.log('done');
