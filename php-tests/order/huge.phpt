--TEST--
Huge and hostile orders: deep, wide, long, cyclic, with keys that become one: a clear error or a small order, in bounded time and memory
--INI--
memory_limit=1G
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$code = <<<'PHP'
    $deep = function (int $levels) { $value = 1; for ($i = 0; $i < $levels; $i++) $value = ['d' => $value]; return $value; };
    $million = array_fill_keys(array_map(fn ($i) => "k$i", range(1, 1_000_000)), 1);
    $cycle = ['order_id' => 1];
    $cycle['line_items'] = [&$cycle];
    class Itself implements JsonSerializable { public function jsonSerialize(): mixed { return ['a' => $this]; } }
    class Grows implements JsonSerializable { public function jsonSerialize(): mixed { return [new Grows]; } }
    $long = str_repeat('x', 100_000_000);
    $tags = str_repeat('<div>', 200_000);
    $status = fopen('/proc/self/status', 'rb');
    $peak = function () use ($status) { rewind($status); return (int) preg_replace('/.*VmHWM:\s+(\d+).*/s', '$1', stream_get_contents($status)); };
    $memory = 1;
    $orders = [
        '1,000 deep' => ['order_id' => 1, 'billing' => $deep(1000)],
        '1,000 deep, all of it named' => ['order_id' => 1, 'a' => $deep(1000)],
        'a million keys' => ['order_id' => 1] + $million,
        'a million keys inside' => ['order_id' => 1, 'billing' => $million],
        'a million lines' => ['order_id' => 1, 'line_items' => array_fill(0, 1_000_000, ['sku' => 'A'])],
        '100 MB' => ['order_id' => 1, 'note' => $long],
        '100 MB that nobody wants' => ['order_id' => 1, 'secret' => $long],
        'a key of 100 MB' => ['order_id' => 1, $long => 1],
        'a megabyte of tags' => ['order_id' => 1, 'note' => $tags],
        'tags within the limit' => ['order_id' => 1, 'customer_note' => substr($tags, 0, 9000) . 'seen'],
        'a cycle' => $cycle,
        'an object of itself' => ['order_id' => 1, 'billing' => new Itself, 'a' => new Itself],
        'objects without end' => ['order_id' => 1, 'line_items' => new Grows],
        'keys that become one' => ['order_id' => 1, "order_id\u{200b}" => 2, ' order_id ' => 3],
        'integer-like keys' => ['order_id' => 1, '7' => 1, '-0' => 2, 'a' => ['1' => 1, '01' => 2]],
        'references' => ['order_id' => &$memory, 'billing' => ['city' => &$deep]],
    ];
    $before = $peak();
    foreach ($orders as $what => $order) {
        try {
            $receipt = secure_dispatch_order($order, $key = unique_key());
            $text = strlen(received($key)) . ' bytes, dropped ' . count($receipt->dropped);
        } catch (SecureDispatch\Exception\ValidationException $thrown) {
            $text = json_encode(array_slice($thrown->violations, 0, 3), JSON_UNESCAPED_SLASHES) . ' ' . strlen($thrown->getMessage()) . ' characters';
        }
        // A pointer through sixty keys is nothing to read.
        echo "$what: ", preg_replace('~(/d){5,}~', '/d…', $text), "\n";
    }
    // A tree has room for as many values as can be in an order of max_order_bytes; pruning makes a second one, and with branches remembers.
    echo $peak() - $before < LIMIT << 10 ? "little memory\n" : 'grown by ' . $peak() - $before . " KiB\n";
    PHP;
echo php(str_replace('LIMIT', '96', $code), ['secure_dispatch.schema_file' => null, 'memory_limit' => '2G']);
echo "--- with a schema that names everything, and has no plan for half of it\n", php(str_replace('LIMIT', '256', $code), ['secure_dispatch.schema_file' => dirname(__DIR__) . '/harness/branches.schema.json', 'memory_limit' => '2G']);
?>
--EXPECT--
1,000 deep: 27 bytes, dropped 1
1,000 deep, all of it named: 14 bytes, dropped 1
a million keys: 14 bytes, dropped 1000
a million keys inside: 27 bytes, dropped 1000
a million lines: [["","size"]] 80 characters
100 MB: [["/note","size"]] 89 characters
100 MB that nobody wants: 14 bytes, dropped 1
a key of 100 MB: 14 bytes, dropped 1
a megabyte of tags: [["/note","size"]] 89 characters
tags within the limit: 37 bytes, dropped 0
a cycle: [["/line_items/0","cycle"]] 53 characters
an object of itself: 27 bytes, dropped 2
objects without end: [["/line_items/0","type"],["/line_items/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0","depth"]] 301 characters
keys that become one: [["/order_id","duplicate_key"]] 109 characters
integer-like keys: 14 bytes, dropped 3
references: [["/billing/city","type"]] 179 characters
little memory
--- with a schema that names everything, and has no plan for half of it
1,000 deep: [["/billing/d…","depth"]] 252 characters
1,000 deep, all of it named: [["/a/d…","depth"]] 246 characters
a million keys: [["","size"]] 80 characters
a million keys inside: [["","size"]] 80 characters
a million lines: [["","size"]] 80 characters
100 MB: [["/note","size"]] 89 characters
100 MB that nobody wants: [["/secret","size"]] 91 characters
a key of 100 MB: [["/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\u2026","size"]] 343 characters
a megabyte of tags: [["/note","size"]] 89 characters
tags within the limit: 37 bytes, dropped 0
a cycle: [["/line_items/0","cycle"]] 53 characters
an object of itself: [["/a/a","cycle"],["/billing/a","cycle"]] 72 characters
objects without end: [["/line_items/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0","depth"]] 255 characters
keys that become one: [["/order_id","duplicate_key"]] 109 characters
integer-like keys: 46 bytes, dropped 0
references: [["/billing/city","type"]] 179 characters
little memory
