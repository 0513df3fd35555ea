// A small HTTP server under dd-trace: serves some requests, says which spans it made, and ends.
// Arguments: the number of requests, and a file for what was made, as JSON.
'use strict';

const tracer = require('dd-trace').init({ flushInterval: 100 });
const fs = require('fs');
const http = require('http');

const made = [];

const server = http.createServer((request, response) => {
  tracer.trace('orders.query', { service: 'orders-db', type: 'sql' }, (span) => {
    span.setTag('resource.name', `SELECT * FROM orders WHERE path = '${request.url}'`);
    const context = span.context();
    made.push({ trace_id: context.toTraceId(), span_id: context.toSpanId() });
  });
  response.end('ok');
});

async function ask(number) {
  const { port } = server.address();
  await new Promise((resolve) => {
    http.get({ port, path: `/orders/${number}`, agent: false }, (response) => {
      response.resume().on('end', resolve);
    });
  });
}

server.listen(0, async () => {
  for (let number = 0; number < Number(process.argv[2]); number++) await ask(number);
  fs.writeFileSync(process.argv[3], JSON.stringify(made));
  server.close();
  // dd-trace has no way to be asked to finish.
  setTimeout(() => process.exit(0), 1000);
});
