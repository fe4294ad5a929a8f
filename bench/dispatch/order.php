<?php

/** The order that every contender sends, as JSON of about so many bytes. */
function order_of(int $bytes): string
{
    $order = [
        'order_id' => 1001, 'number' => '1001', 'status' => 'processing', 'currency' => 'EUR', 'total' => '59.80', 'date_created' => '2026-11-23T10:15:00+01:00',
        'customer_note' => 'Bitte beim Nachbarn abgeben – danke!', 'payment_method' => 'cod', 'payment_method_title' => 'Cash on delivery',
        'billing' => ['first_name' => 'Ada', 'last_name' => 'Lovelace', 'address_1' => 'Hauptstraße 1', 'postcode' => '10115', 'city' => 'Berlin', 'country' => 'DE',
            'email' => 'ada@example.com', 'phone' => '+49 30 1234567'],
        'shipping' => ['first_name' => 'Ada', 'last_name' => 'Lovelace', 'address_1' => 'Hauptstraße 1', 'postcode' => '10115', 'city' => 'Berlin', 'country' => 'DE'],
        'line_items' => [],
    ];
    for ($n = 1; $n === 1 || strlen($json) < $bytes; $n++) {
        $order['line_items'][] = ['id' => $n, 'name' => "Mug, blue, number $n", 'sku' => "MUG-$n", 'product_id' => 100 + $n, 'quantity' => 2, 'price' => '9.95', 'total' => '19.90', 'total_tax' => '3.18'];
        $json = json_encode($order, JSON_UNESCAPED_UNICODE);
    }
    return $json;
}
