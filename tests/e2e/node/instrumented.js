// A job instrumented with OpenTelemetry's SDK for Node, with nothing but the SDK's own variables.
'use strict';

const { metrics, trace, SpanKind } = require('@opentelemetry/api');
const { logs, SeverityNumber } = require('@opentelemetry/api-logs');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const untilSigterm = process.argv.includes('--until-sigterm');
const sdk = new NodeSDK();
sdk.start();

const meter = metrics.getMeter('shop', '2');
meter.createCounter('orders').add(41, { shop: 'berlin' });
meter.createUpDownCounter('carts').add(7);
const sizes = meter.createHistogram('order.size');
for (const size of [1, 3, 12]) sizes.record(size);

const request = { kind: SpanKind.SERVER, attributes: { 'http.request.method': 'GET' } };
trace.getTracer('shop', '2').startActiveSpan('GET /cart', request, (span) => {
  span.setAttribute('http.route', '/cart');
  logs.getLogger('shop').emit({
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    body: 'cart 7 is full',
    attributes: { limit: 12 },
  });
  if (!untilSigterm) console.log(span.spanContext().traceId);
  span.end();
});

const end = () => sdk.shutdown().then(() => process.exit(0));
if (untilSigterm) {
  setInterval(() => {}, 1000);
  process.on('SIGTERM', end);
  console.log('waiting');
} else {
  end();
}
