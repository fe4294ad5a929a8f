--TEST--
For any values that both take, decoding our JSON equals decoding json_encode's
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
$seed = random_int(0, PHP_INT_MAX);
mt_srand($seed);

function any_string(): string
{
    // Nothing that is cleaned out of texts: that has tests of its own.
    $alphabets = ['abc', "\"\\/", '€äß漢字', "😀\u{fffe}\u{10ffff}", '>&\'', '0123456789'];
    $string = '';
    for ($i = mt_rand(0, 12); $i > 0; $i--) {
        $characters = preg_split('//u', $alphabets[mt_rand(0, 5)], -1, PREG_SPLIT_NO_EMPTY);
        $string .= $characters[mt_rand(0, count($characters) - 1)];
    }
    return mt_rand(0, 30) ? $string : $string . chr(mt_rand(128, 255));
}

function any_float(): float
{
    return match (mt_rand(0, 5)) {
        0 => any_bits(),
        1 => (float) mt_rand(-1000, 1000),
        2 => mt_rand(-100000, 100000) / 100,
        3 => 10.0 ** mt_rand(-320, 308),
        4 => -0.0,
        5 => 0.1 * mt_rand(1, 10),
    };
}

/** Nothing that may read as a card's number: those are masked, which has tests of its own. */
function any_bits(): float
{
    do {
        $float = unpack('d', pack('q', mt_rand() << 33 ^ mt_rand() << 11 ^ mt_rand()))[1];
    } while (abs($float) >= 1e13 && abs($float) < 1e19 && floor($float) === $float);
    return $float;
}

function any_array(int $depth): array
{
    $array = [];
    $kind = mt_rand(0, 3);
    for ($i = mt_rand(0, 5); $i > 0; $i--) {
        match ($kind) {
            0 => $array[] = any_value($depth + 1),
            1 => $array[any_string()] = any_value($depth + 1),
            2 => $array[mt_rand(-3, 3)] = any_value($depth + 1),
            3 => $array[mt_rand(0, 1) ? (string) mt_rand(0, 5) : any_string()] = any_value($depth + 1),
        };
    }
    // Holes, and packed arrays that are no lists.
    if ($array && mt_rand(0, 3) === 0) {
        unset($array[array_key_first($array)]);
    }
    return $array;
}

function any_value(int $depth): mixed
{
    return match (mt_rand(0, $depth > 5 ? 5 : 8)) {
        0 => null,
        1 => (bool) mt_rand(0, 1),
        2 => [PHP_INT_MAX, PHP_INT_MIN, 0, mt_rand(), -mt_rand()][mt_rand(0, 4)],
        3, 4 => any_float(),
        5 => any_string(),
        default => any_array($depth),
    };
}

$taken = $refused = 0;
for ($i = 0; $i < 3000; $i++) {
    $order = any_array(0);
    $expected = json_encode($order, JSON_PRESERVE_ZERO_FRACTION);
    try {
        // The API echoes what it got.
        $echo = secure_dispatch_order($order, $key ??= treated('echo'))->json()['body'];
    } catch (SecureDispatch\Exception\ValidationException) {
        $expected === false ? $refused++ : exit("refused what json_encode takes, seed $seed: " . var_export($order, true));
        continue;
    }
    if ($expected === false) {
        exit("took what json_encode refuses, seed $seed: " . var_export($order, true));
    }
    if (serialize(json_decode($echo)) !== serialize(json_decode($expected))) {
        exit("seed $seed:\n$echo\n$expected\n");
    }
    $taken++;
}
var_dump($taken > 1000, $refused > 10);
?>
--EXPECT--
bool(true)
bool(true)
