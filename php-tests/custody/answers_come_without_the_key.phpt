--TEST--
An API that echoes the request's headers, raw or encoded, whole or in pieces, does not bring the key back: not in the receipt, an exception, the status or a log
--SKIPIF--
<?php require __DIR__ . '/../harness/heist.inc'; heist_skips(); ?>
--FILE--
<?php
require __DIR__ . '/../harness/heist.inc';
// By the key: what an API makes of it.
$forms = [
    'echo' => fn ($k) => 'echo',
    'echo, in pieces' => fn ($k) => 'echo,drops:1',
    'echo, chunked' => fn ($k) => 'echo,chunked',
    'echo in headers' => fn ($k) => 'echo,echo-headers',
    'raw' => fn ($k) => "body:$k",
    'in JSON' => fn ($k) => 'body:' . rawurlencode(json_encode(['headers' => "x-api-key: $k"])),
    'base64' => fn ($k) => 'body:' . rawurlencode(base64_encode($k)),
    'base64, 1 before' => fn ($k) => 'body:' . rawurlencode(base64_encode("a$k.")),
    'base64, 2 before' => fn ($k) => 'body:' . rawurlencode(base64_encode("ab$k..")),
    'base64url' => fn ($k) => 'body:' . rawurlencode(strtr(base64_encode("user:$k"), '+/', '-_')),
    'base64, in lines' => fn ($k) => 'body:' . rawurlencode(chunk_split(base64_encode("X-API-KEY: $k"), 16)),
    'percent' => fn ($k) => 'body:' . rawurlencode(strtoupper('%') . implode('%', str_split(bin2hex($k), 2))),
    'percent, twice' => fn ($k) => 'body:' . rawurlencode(rawurlencode('%' . implode('%', str_split(bin2hex($k), 2)))),
    'hex' => fn ($k) => 'body:' . bin2hex($k),
    'HEX' => fn ($k) => 'body:' . strtoupper(bin2hex($k)),
    '\u' => fn ($k) => 'body:' . rawurlencode('"\u00' . implode('\u00', str_split(bin2hex($k), 2)) . '"'),
    'entities' => fn ($k) => 'body:' . rawurlencode('&#x' . implode(';&#x', str_split(bin2hex($k), 2)) . ';'),
    'base64 in JSON' => fn ($k) => 'body:' . rawurlencode(json_encode(base64_encode("?>$k<?"))),
    'at the end of what is kept' => fn ($k) => 'body:' . str_repeat('x', 980) . $k,
    'status 500' => fn ($k) => 'status:500,echo,echo-headers',
    'status 403' => fn ($k) => 'status:403,echo,echo-headers,reason:' . $k,
];
// What PHP code would look for: any form of the key, or of a good part of it.
$look = '<?php require ' . var_export(dirname(__DIR__) . '/harness/testbed.inc', true) . ';
    try {
        $receipt = secure_dispatch_order(["order_id" => 1], KEY);
        echo $receipt->body, print_r($receipt, true), var_export($receipt, true);
        try { print_r($receipt->json()); } catch (JsonException) {}
    } catch (Throwable $thrown) {
        echo $thrown, print_r($thrown, true);
    }
    print_r(secure_dispatch_status());';
$found = function (string $output, string $key): bool {
    $part = substr($key, 0, 16);
    $decoded = [$output, html_entity_decode($output), rawurldecode($output), rawurldecode(rawurldecode($output)), stripslashes($output),
        preg_replace_callback('/\\\\u00([0-9a-f]{2})/', fn ($match) => hex2bin($match[1]), $output)];
    foreach ($decoded as $text) {
        foreach ([$part, bin2hex($part)] as $form) {
            if (stripos($text, $form) !== false) return true;
        }
        $digits = preg_replace('/\s/', '', strtr($text, '-_', '+/'));
        foreach (['', 'a', 'ab'] as $before) {
            // The digits that hold bits of the part alone.
            if (str_contains($digits, substr(base64_encode($before . $part), $before === '' ? 0 : 4, 12))) return true;
        }
    }
    return false;
};
foreach (SCENES as $scene) {
    $counts = ['EXTENSION' => 0, 'NAIVE' => 0];
    foreach (array_keys($counts) as $build) {
        $stage = new Stage($scene, getenv($build), 'environment', ['secure_dispatch.max_response_bytes' => 1000, 'display_errors' => 1]);
        foreach ($forms as $name => $form) {
            $output = $stage->run(str_replace('KEY', "'" . treated($form($stage->key)) . "'", $look));
            if ($found($output . $stage->logs(), $stage->key)) {
                $counts[$build]++;
                if ($build === 'EXTENSION') echo "$name: FOUND in $output\n";
            }
        }
    }
    echo "$scene: $counts[EXTENSION] of ", count($forms), " found; naive: $counts[NAIVE]\n";
}
?>
--EXPECT--
cli: 0 of 21 found; naive: 21
fpm: 0 of 21 found; naive: 21
fpm rootless: 0 of 21 found; naive: 21
apache: 0 of 21 found; naive: 21
