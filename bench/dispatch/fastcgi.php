<?php

declare(strict_types=1);

/** As much of FastCGI (fastcgi-archives.github.io/FastCGI_Specification.html) as it takes to ask php-fpm: a cgi-fcgi for each request would take the CPU that is measured. */
final class FastCgi
{
    private const BEGIN_REQUEST = 1;
    private const PARAMS = 4;
    private const STDIN = 5;
    private const STDOUT = 6;

    /** A request without a body, as bytes. */
    public static function request(array $parameters): string
    {
        $pairs = '';
        foreach ($parameters as $name => $value) {
            // The long form of a length has its first bit set.
            $pairs .= pack('NN', strlen($name) | 1 << 31, strlen($value) | 1 << 31) . $name . $value;
        }
        // The role of a responder, on a connection that ends with the answer.
        return self::record(self::BEGIN_REQUEST, pack('nx6', 1)) . self::record(self::PARAMS, $pairs) . self::record(self::PARAMS, '') . self::record(self::STDIN, '');
    }

    /** The body in an answer's bytes. */
    public static function body(string $answer): string
    {
        $output = '';
        for ($at = 0; $at < strlen($answer); $at += 8 + $length + $padding) {
            ['type' => $type, 'length' => $length, 'padding' => $padding] = unpack('x/Ctype/x2/nlength/Cpadding', $answer, $at);
            $output .= $type === self::STDOUT ? substr($answer, $at + 8, $length) : '';
        }
        return explode("\r\n\r\n", $output, 2)[1] ?? '';
    }

    private static function record(int $type, string $content): string
    {
        return pack('CCnnx2', 1, $type, 1, strlen($content)) . $content;
    }
}
