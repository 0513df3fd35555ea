// A program that makes every usual call of hot-shots, closes it and ends.
// It knows the server only from the standard variables. The argument is the size of the client's
// buffer in bytes, 0 for none.
'use strict';

const StatsD = require('hot-shots');

// A histogram becomes one point for each window of ten seconds: all its values go into one.
const WINDOW_MS = 10000;
const ENOUGH_MS = 1000;

function shop() {
  const statsd = new StatsD({
    maxBufferSize: Number(process.argv[2]),
    globalTags: ['shop:berlin'],
    includeDatadogTelemetry: true,
  });
  for (const value of [30, 10, 20, 40]) {
    statsd.histogram('cart.items', value);
    statsd.timing('checkout.ms', value / 2);
  }
  for (const value of [1.5, 2.5, 4]) {
    statsd.distribution('order.value', value, ['currency:eur', 'paid']);
  }
  for (const customer of ['anna', 'ben', 'anna', 'caesar']) {
    statsd.set('customers', customer);
  }
  for (let order = 0; order < 50; order++) {
    statsd.increment('orders');
  }
  statsd.increment('orders', 7, { payment: 'card' });
  statsd.decrement('stock', 3);
  statsd.gauge('temperature', 18.5);
  statsd.gauge('temperature', 21.25);

  let kept = 0;
  let seed = 7;
  Math.random = () => {
    seed = (seed * 16807) % 2147483647;
    kept += seed / 2147483647 < 0.25;
    return seed / 2147483647;
  };
  for (let visit = 0; visit < 200; visit++) {
    statsd.increment('visits', 1, 0.25);
  }

  const minuteAgo = Math.floor(Date.now() / 1000) - 60;
  statsd.gauge('pressure', 1013.25, { timestamp: minuteAgo });
  statsd.increment('deliveries', 12, { timestamp: minuteAgo });
  statsd.event('Shop open', 'First line\nsecond | line', {
    alert_type: 'success',
    aggregation_key: 'opening',
    source_type_name: 'shop',
    date_happened: new Date(minuteAgo * 1000),
    priority: 'low',
    hostname: 'till-1',
  }, ['door:front']);
  statsd.check('shop.door', statsd.CHECKS.CRITICAL, {
    date_happened: new Date(minuteAgo * 1000),
    hostname: 'till-2',
    message: 'jammed',
  }, ['door:back']);
  statsd.close((error) => {
    if (error) {
      throw error;
    }
    console.log(JSON.stringify({ visits: kept, minute_ago: minuteAgo }));
  });
}

const leftMs = WINDOW_MS - Date.now() % WINDOW_MS;
setTimeout(shop, leftMs < ENOUGH_MS ? leftMs : 0);
