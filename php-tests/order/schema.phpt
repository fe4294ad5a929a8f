--TEST--
A schema of the operator's own decides what leaves; every violation is told at once; a broken schema is told by line or pointer
--FILE--
<?php
require __DIR__ . '/../harness/testbed.inc';
function with_schema(string $schema, string $code, array $settings = []): string
{
    file_put_contents($file = scratch('.json'), $schema);
    $output = php('' . $code, ['secure_dispatch.schema_file' => $file] + $settings);
    return str_replace($file, '…', $output);
}
$tell = '
    foreach ($orders as $order) {
        try {
            $receipt = secure_dispatch_order($order, $key = unique_key());
            echo received($key), " ", json_encode($receipt->dropped), " ", json_encode($receipt->changed), "\n";
        } catch (SecureDispatch\Exception\ValidationException $thrown) {
            echo json_encode($thrown->violations, JSON_UNESCAPED_SLASHES), "\n  ", $thrown->getMessage(), "\n";
        }
    }';
$schema = '{
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "total": {"type": "string", "pattern": "^[0-9]+[.][0-9]{2}$"},
        "mail": {"type": "string", "format": "email"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 1},
        "address": {"type": "object", "properties": {"city": {"type": "string"}}},
        "note": {"type": "string", "x-multiline": true}
    },
    "required": ["id"],
    "$defs": {"item": {"type": "object", "properties": {"sku": {"type": "string", "maxLength": 5}}, "required": ["sku"]}}
}';
echo with_schema($schema, '$orders = [
    ["id" => 1, "secret" => ["deep" => new ArrayObject], "items" => [["sku" => "A", "cost" => 1]], "address" => ["city" => "Köln", "geo" => [50, 6]]],
    ["id" => 2, "address" => [], "items" => [7 => ["sku" => "B"], 9 => ["sku" => "C"]]],
    ["id" => 3, "note" => " <b>Ring</b> twice\r\nplease ", "address" => ["city" => " K\u{200b}oln\n"]],
    ["id" => 4, "secret" => "\xff", 5 => fopen("php://memory", "r")],
    ["id" => "hunter2", "total" => 12.5, "mail" => "hunter2", "items" => [["sku" => "hunter2"], []], "address" => "hunter2"],
    [],
];' . $tell);
echo "--- reject\n", with_schema($schema, '$orders = [["id" => 1, "secret" => 1, "items" => [["sku" => "A", "cost" => 2]]], ["id" => 2]];' . $tell, ['secure_dispatch.unknown_fields' => 'reject']);
echo "--- the built-in one\n", php('$orders = [["order_id" => 1, "foo" => 2], ["number" => 1], ["id" => 1, "total" => 1.5]];' . $tell, ['secure_dispatch.schema_file' => null]);
echo "--- broken\n";
foreach (["{\n  oops", '{"properties": {"a": {"type": "strin"}}}', '{"$ref": "https://example.com/other.json"}', '{"$schema": "http://json-schema.org/draft-07/schema#"}'] as $broken) {
    echo with_schema($broken, 'echo outcome(fn () => secure_dispatch_order([])), "\n";');
}
echo str_replace(getenv('WORK'), '…', php('echo outcome(fn () => secure_dispatch_order([])), "\n";', ['secure_dispatch.schema_file' => getenv('WORK') . '/none.json', 'secure_dispatch.unknown_fields' => 'keep']));
?>
--EXPECT--
{"id":1,"items":[{"sku":"A"}],"address":{"city":"Köln"}} ["\/secret","\/items\/0\/cost","\/address\/geo"] []
{"id":2,"address":{},"items":[{"sku":"B"},{"sku":"C"}]} [] []
{"id":3,"note":"Ring twice\nplease","address":{"city":"Koln"}} [] {"\/address\/city":{"invisible":1,"newlines":1,"trimmed":2},"\/note":{"newlines":1,"markup":7,"trimmed":2}}
{"id":4} ["\/secret","\/5"] []
[["/address","type"],["/id","type"],["/items/0/sku","maxLength"],["/items/1/sku","required"],["/mail","format"],["/total","float"]]
  the order was not sent: /address does not fit the schema (type); /id does not fit the schema (type); /items/0/sku does not fit the schema (maxLength); /items/1/sku is missing, and the schema requires it; /mail does not fit the schema (format); /total is a float, which does not hold decimals exactly; give a string ("12.50"), or an integer where the schema has one
[["/id","required"]]
  the order was not sent: /id is missing, and the schema requires it
--- reject
[["/items/0/cost","unknown_field"],["/secret","unknown_field"]]
  the order was not sent: /items/0/cost is not named by the schema (secure_dispatch.unknown_fields=reject); /secret is not named by the schema (secure_dispatch.unknown_fields=reject)
{"id":2} [] []
--- the built-in one
{"order_id":1} ["\/foo"] []
[["/order_id","required"]]
  the order was not sent: /order_id is missing, and the schema requires it
[["/total","float"]]
  the order was not sent: /total is a float, which does not hold decimals exactly; give a string ("12.50"), or an integer where the schema has one
--- broken
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.schema_file (…) is not JSON: line 2, column 3: key must be a string
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.schema_file (…) /properties/a/type is not what JSON Schema 2020-12 allows there (anyOf)
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.schema_file (…) /$ref has a reference that does not lead anywhere within the document: Resource 'https://example.com/other.json' is not present in a registry and retrieving it failed: references may not leave the document
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.schema_file (…) /$schema is another dialect; schemas of draft 2020-12 (https://json-schema.org/draft/2020-12/schema) are understood
ConfigurationException: no order is sent until these settings are corrected and PHP is restarted: secure_dispatch.schema_file (…/none.json) does not exist; secure_dispatch.unknown_fields must be drop or reject
