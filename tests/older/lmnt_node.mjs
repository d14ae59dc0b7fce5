// lmnt-node: a file in one piece and a session.
import fs from 'node:fs';
import Lmnt from 'lmnt-node';

const out = process.argv[2];
const client = new Lmnt({ apiKey: 'key', baseURL: process.env.LMNT_BASE_URL });
const answer = await client.speech.generate({ text: 'Hello there.', voice: 'leah', format: 'mp3' });
fs.writeFileSync(`${out}/node.mp3`, Buffer.from(await answer.arrayBuffer()));

const session = client.speech.sessions.create({ voice: 'leah', format: 'pcm_s16le', return_timestamps: true });
session.sendText('Hello there. This is a session.');
session.sendFlush();
session.sendFinish();
const audio = [];
const kinds = new Set();
for await (const message of session) {
  kinds.add(message.type);
  if (message.type === 'audio') audio.push(Buffer.from(message.audio));
}
if (kinds.has('error') || !kinds.has('flush_complete')) throw new Error([...kinds].join());
fs.writeFileSync(`${out}/node.24000.pcm`, Buffer.concat(audio));
console.log('done');
