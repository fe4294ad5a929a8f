--TEST--
Four php-fpm workers write one file, which is rotated by rename and by truncation meanwhile: each line is whole, and none is lost
--SKIPIF--
<?php require __DIR__ . "/../harness/fpm.inc"; if (!Fpm::binary()) die("skip needs php-fpm"); if (!exec("command -v cgi-fcgi")) die("skip needs cgi-fcgi"); ?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
require __DIR__ . '/../harness/log.inc';
// As root makes it for the workers: the master's own lines, and so the file, come first.
mkdir($directory = scratch(), 0750);
is_root() && chown($directory, 'www-data') && chgrp($directory, 'www-data');
$file = "$directory/audit.log";
$fpm = new Fpm(['secure_dispatch.log' => $file, 'secure_dispatch.api_key_file' => null, 'secure_dispatch.api_key' => API_KEY]);
echo log_events(file_get_contents($file)), ' by the master, ', fileowner($file) === fileowner($directory) ? "the workers' own\n" : "not the workers'\n";
$fpm->put('order.php', '<?php secure_dispatch_order(["order_id" => $_GET["n"]]); echo secure_dispatch_status()["counters"]["log_lines_lost"];');
$lost = $fpm->getAll('order.php', (function () use ($file) {
    foreach (range(1, 400) as $n) {
        if ($n === 150) rename($file, "$file.1");
        // copytruncate loses what comes between its copy and its truncation, so here nothing does.
        if ($n === 300) usleep(300_000) || copy($file, "$file.2") && fclose(fopen($file, 'w'));
        yield "n=$n";
    }
})());
$ids = [];
foreach (["$file.1", "$file.2", $file] as $part) {
    $text = file_get_contents($part);
    $lines = log_lines($text);
    if (count($lines) !== substr_count($text, "\n") || str_contains($text, "\0")) echo "$part is not whole\n";
    foreach ($lines as $line) {
        $line['event'] === 'delivered' && $ids[] = $line['order_id'];
    }
}
echo count($ids), ' told, ', count(array_unique($ids)), ' orders, ', json_encode(array_values(array_unique($lost))), " lost\n";
printf("mode %o\n", fileperms($file) & 07777);
?>
--EXPECT--
custody_warning by the master, the workers' own
400 told, 400 orders, ["0"] lost
mode 640
