--TEST--
Root's lines in another user's directory: that user's links and hard links lead root to no other file, and root gives away only what it has made
--SKIPIF--
<?php if (fileowner('/proc/self') !== 0) die('skip needs root, which it is about'); ?>
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
[$roots, $others] = [scratch(), scratch()];
mkdir($roots, 0700);
mkdir($others, 0750);
chown($others, 'www-data');
$told = function (string $what, string $file) use ($others): void {
    $lost = php('secure_dispatch_order(["order_id" => 1]); echo secure_dispatch_status()["counters"]["log_lines_lost"];', ['secure_dispatch.log' => $file, 'secure_dispatch.log_level' => 'debug']);
    clearstatcache();
    $lines = is_file($file) ? substr_count(file_get_contents($file), "\n") : 0;
    echo "$what: ", $lost === '0' ? 'written' : 'lost', ', ', $lines === 0 ? 'no lines' : 'lines', ', ', match (file_exists($file) ? fileowner($file) : null) { null => 'no file', 0 => "root's", fileowner($others) => "the other's" }, "\n";
};
$told('a new file', "$others/new.log");
$told('again', "$others/new.log");
touch("$others/empty.log");
$told("an empty file of root's", "$others/empty.log");
touch("$roots/secret");
link("$roots/secret", "$others/hard.log");
$told('a hard link', "$others/hard.log");
symlink("$roots/secret", "$others/link.log");
$told('a link', "$others/link.log");
symlink($roots, "$others/way");
$told('a link on the way', "$others/way/audit.log");
symlink($others, "$roots/way");
$told("a link of root's on the way", "$roots/way/other.log");
echo implode(' ', array_diff(scandir($roots), ['.', '..'])), ', ', filesize("$roots/secret"), " bytes\n";
?>
--EXPECT--
a new file: written, lines, the other's
again: written, lines, the other's
an empty file of root's: written, lines, root's
a hard link: lost, no lines, root's
a link: lost, no lines, root's
a link on the way: lost, no lines, no file
a link of root's on the way: written, lines, the other's
secret way, 0 bytes
