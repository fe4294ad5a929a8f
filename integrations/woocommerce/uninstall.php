<?php
/**
 * Removes what the plugin has kept: options, schedule, log, and the receipts with the orders. The outbox is the server's, and stays.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

require_once __DIR__ . '/secure-dispatch.php';

/**
 * Removes what is kept of the current site.
 */
function remove_from_site(): void {
	global $wpdb;
	Schedule::remove();
	Follow_Up::remove();
	Reconciler::remove();
	Settings::remove();
	Log::remove();
	// Both kinds of storage may hold them, whichever is in use, and WooCommerce may be gone.
	foreach ( array( $wpdb->postmeta, "{$wpdb->prefix}wc_orders_meta" ) as $table ) {
		// phpcs:disable WordPress.DB -- Nobody caches these rows any more.
		if ( $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $table ) ) ) === $table ) {
			$wpdb->query( $wpdb->prepare( "DELETE FROM $table WHERE meta_key IN (%s, %s)", Receipts::OPEN, Receipts::CLOSED ) );
		}
		// phpcs:enable
	}
}

Plugin::on_sites( true, __NAMESPACE__ . '\remove_from_site' );
