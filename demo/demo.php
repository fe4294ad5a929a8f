<?php

/** What a shop does: it has an order, and tells the API. The rest looks at what came of it. */

$order = [
    'order_id' => 1001,
    'status' => 'processing',
    'currency' => 'EUR',
    'total' => '59.80',
    'date_created' => new DateTimeImmutable('2026-11-23 10:15:00', new DateTimeZone('Europe/Berlin')),
    // Written by a customer: the card's number and the markup do not leave, nor do fields that the schema does not name.
    'customer_note' => 'Bitte beim <b>Nachbarn</b> abgeben, Karte 4111 1111 1111 1111 – danke!',
    'order_key' => 'wc_order_a1b2c3',
    'shipping' => [
        'first_name' => 'Ada', 'last_name' => 'Lovelace', 'address_1' => 'Hauptstraße 1', 'postcode' => '10115', 'city' => 'Berlin', 'country' => 'DE',
    ],
    'line_items' => [
        ['sku' => 'MUG-BLUE', 'name' => 'Mug, blue', 'quantity' => 2, 'price' => '9.95'],
        ['sku' => 'SHIRT-M', 'name' => 'T-Shirt “M”', 'quantity' => 1, 'price' => '39.90', 'our_cost' => '11.20'],
    ],
];

$receipt = secure_dispatch_order($order);

heading('The receipt');
print_r($receipt);

heading('A second order, over the same connection');
$again = secure_dispatch_order(['order_id' => 1002] + $order, idempotency_key: 'order-1002/processing');
printf("%s with HTTP status %d, %.2f ms (the first, which connected: %.2f ms)\n", $again->state->value, $again->status, $again->elapsedMs,
    $receipt->elapsedMs);

heading('What the API received');
show_requests();

heading('Where PHP looked for the key');
$key = the_key();
ob_start();
phpinfo();
$phpinfo = ob_get_clean();
try {
    secure_dispatch_order(['total' => NAN], 'order-1003');
} catch (Throwable $exception) {
}
foreach ([
    'ini_get_all(), get_cfg_var()' => [ini_get_all(), ini_get('secure_dispatch.api_key'), get_cfg_var('secure_dispatch.api_key')],
    'phpinfo()' => $phpinfo,
    'secure_dispatch_status()' => secure_dispatch_status(),
    'getenv(), $_ENV, $_SERVER' => [getenv(), $_ENV, $_SERVER],
    'the receipt, dumped and exported' => print_r($receipt, true) . var_export($receipt, true),
    'an exception with its trace' => print_r($exception, true) . $exception->getTraceAsString(),
    'constants, variables, Reflection' => print_r([get_defined_constants(), array_diff_key(get_defined_vars(), ['key' => 1]),
        (string) new ReflectionExtension('secure_dispatch')], true),
] as $place => $content) {
    printf("    %-36s %s\n", $place, str_contains(print_r($content, true), $key) ? 'FOUND' : 'not found');
}
printf("    %-36s %s\n", 'the key\'s own file', 'found: this PHP is a CLI, run by who owns the file. Under php-fpm, leave it to root alone');

function show_requests(): void
{
    $testbed = json_decode(file_get_contents(getenv('DEMO_DIR') . '/testbed.json'), true);
    foreach (json_decode(file_get_contents("$testbed[control]/requests"), true) as $request) {
        echo "connection $request[connection]: $request[method] $request[path]\n";
        foreach ($request['headers'] as $name => $value) {
            echo "    $name: ", str_replace(the_key(), '(the key, ' . strlen(the_key()) . ' characters)', $value), "\n";
        }
        echo "    $request[body]\n";
    }
}

function the_key(): string
{
    return trim(file_get_contents(getenv('DEMO_DIR') . '/api_key'));
}

function heading(string $text): void
{
    echo "\n--- $text ", str_repeat('-', max(0, 100 - strlen($text))), "\n";
}
