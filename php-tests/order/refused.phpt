--TEST--
What has no JSON is refused by where it is and by which rule, never by its value
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
enum Suit { case Hearts; }
class GetData { private function get_data(): array { return []; } }
class NoArray { public function get_data() { return 'hunter2'; } }
class Endless { public function get_data(): array { return ['again' => new Endless()]; } }
class Itself implements JsonSerializable { public function jsonSerialize(): mixed { return $this; } }
class Another implements JsonSerializable { public function jsonSerialize(): mixed { return new Another(); } }
$cycle = ['hunter2' => 1];
$cycle['self'] = &$cycle;
$deep = fn (int $levels) => $levels === 0 ? [] : ['d' => $deep($levels - 1)];
$nest = function (int $levels) { $value = []; for ($i = 1; $i < $levels; $i++) { $value = ['d' => $value]; } return $value; };
$file = fopen('php://memory', 'r');
$closed = fopen('php://memory', 'r');
fclose($closed);
foreach ([
    'NaN' => ['total' => NAN],
    'INF' => ['lines' => [1.0, ['price' => -INF]]],
    'not UTF-8' => ['name' => "hunter2\xff"],
    'a key that is not UTF-8' => ["hunter2\xff" => 1],
    'a resource' => ['file' => $file],
    'a closed resource' => ['file' => $closed],
    'a closure' => ['f' => fn () => 1],
    'a plain object' => ['o' => new ArrayObject(['hunter2'])],
    'stdClass' => ['o' => (object) ['a' => 'hunter2']],
    'an enum without values' => ['suit' => Suit::Hearts],
    'a private get_data' => ['o' => new GetData()],
    'a get_data that gives no array' => ['o' => new NoArray()],
    'an array in itself' => $cycle,
    'an object in itself' => ['o' => new Itself()],
    'objects without end' => ['o' => new Another()],
    'get_data without end' => ['o' => new Endless()],
    '64 levels' => $nest(64),
    '65 levels' => $nest(65),
    'too large' => ['note' => str_repeat('hunter2', 40_000)],
    'too large in small parts' => array_fill(0, 200_000, 1),
    'a key with slash and tilde' => ['a/b~c' => ["\n" => NAN]],
    'several' => ['a' => NAN, 'b' => "\xff", 'c' => [1, fopen('php://memory', 'r')], 'd' => INF],
    'a very long key' => [str_repeat('k', 100_000) => NAN],
] as $what => $order) {
    $key = unique_key();
    try {
        secure_dispatch_order($order, $key);
        echo "$what: sent\n";
    } catch (SecureDispatch\Exception\ValidationException $e) {
        echo "$what: ", json_encode($e->violations, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), ' ', $e->getMessage(), "\n";
        echo str_contains(print_r($e->violations, true) . $e->getMessage(), 'hunter2') && !str_contains($what, 'key') ? "A VALUE IS TOLD\n" : '';
        echo requests($key) ? "SENT ALL THE SAME\n" : '';
    }
}
?>
--EXPECT--
NaN: [["/total","finite"]] the order was not sent: /total is NaN or infinite, which JSON does not have
INF: [["/lines/1/price","finite"]] the order was not sent: /lines/1/price is NaN or infinite, which JSON does not have
not UTF-8: [["/name","utf8"]] the order was not sent: /name is not valid UTF-8
a key that is not UTF-8: [["/hunter2�","utf8"]] the order was not sent: /hunter2� is not valid UTF-8
a resource: [["/file","type"]] the order was not sent: /file is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
a closed resource: [["/file","type"]] the order was not sent: /file is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
a closure: [["/f","type"]] the order was not sent: /f is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
a plain object: [["/o","type"]] the order was not sent: /o is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
stdClass: [["/o","type"]] the order was not sent: /o is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
an enum without values: [["/suit","type"]] the order was not sent: /suit is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
a private get_data: [["/o","type"]] the order was not sent: /o is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
a get_data that gives no array: [["/o","type"]] the order was not sent: /o is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data())
an array in itself: [["/self","cycle"]] the order was not sent: /self contains itself
an object in itself: [["/o","cycle"]] the order was not sent: /o contains itself
objects without end: [["/o","depth"]] the order was not sent: /o is nested deeper than 64 levels (or than 256 arrays and objects, calls within calls included)
get_data without end: [["/o/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/a…","depth"]] the order was not sent: /o/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/again/a… is nested deeper than 64 levels (or than 256 arrays and objects, calls within calls included)
64 levels: sent
65 levels: [["/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d","depth"]] the order was not sent: /d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d is nested deeper than 64 levels (or than 256 arrays and objects, calls within calls included)
too large: [["/note","size"]] the order was not sent: /note makes the order larger than secure_dispatch.max_order_bytes
too large in small parts: [["","size"]] the order was not sent: the order is larger than secure_dispatch.max_order_bytes
a key with slash and tilde: [["/a~1b~0c/","finite"]] the order was not sent: /a~1b~0c/ is NaN or infinite, which JSON does not have
several: [["/a","finite"],["/b","utf8"],["/c/1","type"],["/d","finite"]] the order was not sent: /a is NaN or infinite, which JSON does not have; /b is not valid UTF-8; /c/1 is a value without a JSON form (a resource, or an object that is neither JsonSerializable, a date, a backed enum nor has a public get_data()); /d is NaN or infinite, which JSON does not have
a very long key: [["/kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…","finite"]] the order was not sent: /kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk… is NaN or infinite, which JSON does not have
