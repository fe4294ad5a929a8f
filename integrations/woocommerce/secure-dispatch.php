<?php
/**
 * Plugin Name:          Secure Dispatch for WooCommerce
 * Description:          Tells one third-party service (shipping, CRM, accounting) about orders, through the PHP extension secure_dispatch: the API key stays out of WordPress, no order is lost, none is sent twice.
 * Version:              0.1.0
 * Requires at least:    6.1
 * Requires PHP:         8.2
 * Requires Plugins:     woocommerce
 * Author:               The secure_dispatch authors
 * License:              MIT OR Apache-2.0
 * Text Domain:          secure-dispatch
 * Domain Path:          /languages
 * WC requires at least: 8.2
 * WC tested up to:      11.0
 *
 * Holds no key and makes no HTTP request of its own: that is the extension's job.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

const VERSION     = '0.1.0';
const PLUGIN_FILE = __FILE__;

spl_autoload_register(
	static function ( string $class_name ): void {
		if ( ! str_starts_with( $class_name, __NAMESPACE__ . '\\' ) ) {
			return;
		}
		$parts = explode( '\\', strtolower( str_replace( '_', '-', substr( $class_name, strlen( __NAMESPACE__ ) + 1 ) ) ) );
		$file  = 'class-' . array_pop( $parts ) . '.php';
		$path  = implode( '/', array( __DIR__, 'includes', ...$parts, $file ) );
		if ( is_readable( $path ) ) {
			require $path;
		}
	}
);

Plugin::start();
