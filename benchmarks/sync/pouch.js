// PouchDB (LevelDB) to express-pouchdb. Usage: pouch.js PEERS server PORT HOST FOLDER
//                                             pouch.js PEERS push FOLDER RECORDS URL BATCH
const [peers, what, ...words] = process.argv.slice(2);
const fs = require('fs');
const need = (name) => require(`${peers}/node_modules/${name}`);
const PouchDB = need('pouchdb');

function serve(port, host, folder) {
  const app = need('express')();
  const Kept = PouchDB.defaults({ prefix: `${folder}/` });
  app.use('/', need('express-pouchdb')(Kept, {
    mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: `${folder}/log.txt`,
  }));
  app.listen(Number(port), host);
}

async function push(folder, records, url, batch) {
  const local = new PouchDB(`${folder}/local`);
  const docs = fs.readFileSync(records, 'utf8').trim().split('\n').map((line) => {
    const { id, ...rest } = JSON.parse(line);
    return { _id: id, ...rest };
  });
  for (let i = 0; i < docs.length; i += 1000) await local.bulkDocs(docs.slice(i, i + 1000));
  console.log('ready');
  await new Promise((go) => process.stdin.once('data', go));
  const began = process.hrtime.bigint(), cpu = process.cpuUsage();
  const since = () => Number(process.hrtime.bigint() - began) / 1e9;
  let first = 0, written = 0;
  await new Promise((done, failed) => local.replicate
    .to(url, { batch_size: Number(batch), batches_limit: 10, retry: true })
    .on('change', (info) => { first = first || since(); written = info.docs_written; })
    .on('complete', done).on('error', failed));
  const seconds = since(), used = process.cpuUsage(cpu);
  console.log('confirmed');
  console.log(JSON.stringify({ seconds, first_s: first, written, cpu_s: (used.user + used.system) / 1e6 }));
  process.exit(0);
}

({ server: serve, push })[what](...words);
