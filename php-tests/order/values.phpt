--TEST--
Every PHP value has its JSON
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
enum Currency: string { case Euro = 'EUR'; }
enum Size: int { case Large = 3; }
class Address implements JsonSerializable
{
    public function __construct(private array $parts) {}
    public function jsonSerialize(): mixed { return $this->parts; }
}
class WC_Like
{
    protected $id = 7;
    public function get_data() { return ['id' => $this->id, 'date_created' => new DateTime('2026-11-23 10:00:00', new DateTimeZone('Europe/Berlin'))]; }
}
class MyDate extends DateTimeImmutable
{
    public function format(string $format): string { return 'a format of its own'; }
}
$shared = ['x' => 1];
$reference = 5;
foreach ([
    [],
    ['a' => []],
    [1, 2, 3],
    [1 => 'a', 2 => 'b'],
    [1 => 'a', 0 => 'b'],
    ['0' => 'a', '1' => 'b'],
    ['' => 1, '-1' => 2],
    [true, false, null],
    [PHP_INT_MAX, PHP_INT_MIN, 0],
    [10.0, 0.1 + 0.2, 1e100, -0.0, 1.5e-7, 123456789012345678.0, 5e-324, PHP_FLOAT_MAX],
    ['€', "\"\\/\u{10ffff}", '😀'],
    [$shared, $shared],
    [&$reference, 'k' => &$shared],
    [Currency::Euro, Size::Large],
    [new DateTimeImmutable('2026-11-23T10:00:00.5Z'), new DateTime('2026-06-01 12:00', new DateTimeZone('America/New_York')), new MyDate('2026-01-01T00:00:00Z')],
    [new Address(['city' => 'Köln', 'lines' => [1, 2]]), new Address([])],
    [new WC_Like()],
    ['nested' => ['deep' => [new Address(['again' => new Address(['and' => Currency::Euro])])]]],
] as $order) {
    $key = unique_key();
    secure_dispatch_order($order, $key);
    echo received($key), "\n";
}
?>
--EXPECT--
[]
{"a":[]}
[1,2,3]
{"1":"a","2":"b"}
{"1":"a","0":"b"}
["a","b"]
{"":1,"-1":2}
[true,false,null]
[9223372036854775807,-9223372036854775808,0]
[10.0,0.30000000000000004,1e+100,-0.0,1.5e-7,1.2345678901234568e+17,5e-324,1.7976931348623157e+308]
["€","\"\\/􏿿","😀"]
[{"x":1},{"x":1}]
{"0":5,"k":{"x":1}}
["EUR",3]
["2026-11-23T10:00:00+00:00","2026-06-01T12:00:00-04:00","2026-01-01T00:00:00+00:00"]
[{"city":"Köln","lines":[1,2]},[]]
[{"id":7,"date_created":"2026-11-23T10:00:00+01:00"}]
{"nested":{"deep":[{"again":{"and":"EUR"}}]}}
