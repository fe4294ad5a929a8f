--TEST--
What WC_Order::get_data() returns goes in as it is: what is needed leaves, secrets and trackers do not; a guest's, a virtual and a refunded order too
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
require __DIR__ . '/../harness/woocommerce.inc';
echo php('
    require "' . dirname(__DIR__) . '/harness/woocommerce.inc";
    $order = woocommerce_order_data();
    $receipt = secure_dispatch_order($order, $key = unique_key());
    $sent = json_decode(received($key), true, flags: JSON_THROW_ON_ERROR);
    echo json_encode($sent, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
    foreach ([$order["order_key"], $order["transaction_id"], $order["customer_ip_address"], $order["customer_user_agent"], $order["cart_hash"], "META", "meta_data", "utm_"] as $secret) {
        str_contains(received($key), $secret) and print("$secret LEFT\n");
    }
    echo implode(" ", $receipt->dropped), "\n", json_encode($receipt->changed), "\n";
    // An array of objects is read as the arrays that they return, an order inside of something else too.
    $guest = ["customer_id" => 0, "shipping" => array_map(fn () => "", $order["shipping"]), "billing" => ["email" => "", "country" => ""] + $order["billing"]] + $order;
    foreach (["guest, nothing shipped" => $guest, "refunded" => $order + ["refunds" => [new WC_Order_Refund(1043, ["amount" => "10.00", "reason" => "broken", "total" => "-10.00"])]],
        "unsaved" => (new WC_Order(1))->get_data(), "fresh" => ["currency" => "EUR"] + (new WC_Order(1))->get_data(), "a price as a float" => ["total" => 56.76] + $order] as $what => $data) {
        $key = unique_key();
        echo "$what: ", outcome(fn () => secure_dispatch_order($data, $key)), "\n";
        if ($what === "refunded") echo json_encode(json_decode(received($key), true)["refunds"]), "\n";
    }
', ['secure_dispatch.schema_file' => null]);
?>
--EXPECT--
{
    "id": 1042,
    "parent_id": 0,
    "status": "processing",
    "currency": "EUR",
    "prices_include_tax": true,
    "date_created": "2026-03-02T10:14:07+01:00",
    "date_modified": "2026-03-02T10:15:31+01:00",
    "discount_total": "4.76",
    "discount_tax": "0.74",
    "shipping_total": "4.12",
    "shipping_tax": "0.78",
    "cart_tax": "7.01",
    "total": "56.76",
    "total_tax": "7.79",
    "customer_id": 17,
    "billing": {
        "first_name": "Zoë",
        "last_name": "D'Angelo-Müller",
        "company": "Müller & Söhne GmbH",
        "address_1": "Straße des 17. Juni 135",
        "address_2": "3. OG links",
        "city": "Berlin",
        "state": "DE-BE",
        "postcode": "10623",
        "country": "DE",
        "email": "zoe.mueller@example.com",
        "phone": "+49 30 1234567"
    },
    "shipping": {
        "first_name": "Zoë",
        "last_name": "D'Angelo-Müller",
        "company": "",
        "address_1": "Hauptstraße 5",
        "address_2": "",
        "city": "Köln",
        "state": "DE-NW",
        "postcode": "50667",
        "country": "DE",
        "phone": ""
    },
    "payment_method": "stripe",
    "payment_method_title": "Kreditkarte",
    "customer_note": "Bitte beim Nachbarn abgeben,\nnicht vor 10 Uhr.",
    "date_completed": null,
    "date_paid": "2026-03-02T10:15:30+01:00",
    "number": "1042",
    "line_items": [
        {
            "id": 4711,
            "name": "Łódź T-Shirt – M, Blau",
            "product_id": 87,
            "variation_id": 91,
            "quantity": 2,
            "tax_class": "",
            "subtotal": "33.613445",
            "subtotal_tax": "6.39",
            "total": "30.252101",
            "total_tax": "5.75"
        },
        {
            "id": 4712,
            "name": "Das große Ausmalbuch",
            "product_id": 102,
            "variation_id": 0,
            "quantity": 1,
            "tax_class": "reduced-rate",
            "subtotal": "14",
            "subtotal_tax": "0.98",
            "total": "12.6",
            "total_tax": "0.88"
        }
    ],
    "tax_lines": [
        {
            "id": 4716,
            "rate_code": "DE-19 % MWST-1",
            "label": "19 % MwSt.",
            "compound": false,
            "tax_total": "6.13",
            "shipping_tax_total": "0.78",
            "rate_percent": 19
        },
        {
            "id": 4717,
            "rate_code": "DE-7 % MWST-1",
            "label": "7 % MwSt.",
            "compound": false,
            "tax_total": "0.88",
            "shipping_tax_total": 0,
            "rate_percent": 7
        }
    ],
    "shipping_lines": [
        {
            "id": 4713,
            "method_title": "DHL Paket",
            "method_id": "flat_rate",
            "instance_id": "3",
            "total": "4.12",
            "total_tax": "0.78"
        }
    ],
    "fee_lines": [
        {
            "id": 4714,
            "name": "Geschenkverpackung",
            "tax_class": "",
            "total": "2",
            "total_tax": "0.38"
        }
    ],
    "coupon_lines": [
        {
            "id": 4715,
            "code": "sommer10",
            "discount": "4.76",
            "discount_tax": "0.74"
        }
    ]
}
/version /order_key /transaction_id /customer_ip_address /customer_user_agent /created_via /cart_hash /order_stock_reduced /download_permissions_granted /new_order_email_sent /recorded_sales /recorded_coupon_usage_counts /meta_data /line_items/0/order_id /line_items/0/taxes /line_items/0/meta_data /line_items/1/order_id /line_items/1/taxes /line_items/1/meta_data /tax_lines/0/order_id /tax_lines/0/name /tax_lines/0/rate_id /tax_lines/0/meta_data /tax_lines/1/order_id /tax_lines/1/name /tax_lines/1/rate_id /tax_lines/1/meta_data /shipping_lines/0/order_id /shipping_lines/0/name /shipping_lines/0/taxes /shipping_lines/0/tax_status /shipping_lines/0/meta_data /fee_lines/0/order_id /fee_lines/0/tax_status /fee_lines/0/amount /fee_lines/0/taxes /fee_lines/0/meta_data /coupon_lines/0/order_id /coupon_lines/0/name /coupon_lines/0/meta_data
[]
guest, nothing shipped: delivered 200
refunded: delivered 200
[{"id":1043,"date_created":null,"total":"-10.00","total_tax":0,"amount":"10.00","reason":"broken","line_items":[]}]
unsaved: ValidationException: the order was not sent: /currency does not fit the schema (enum)
fresh: delivered 200
a price as a float: ValidationException: the order was not sent: /total is a float, which does not hold decimals exactly; give a string ("12.50"), or an integer where the schema has one
