<?php
/**
 * What is wrong, at the top of WordPress's admin.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce\Admin;

use SecureDispatch\WooCommerce\Extension;
use SecureDispatch\WooCommerce\Plugin;

defined( 'ABSPATH' ) || exit;

/**
 * Notices for whoever can do something about it.
 */
final class Notices {

	/**
	 * Hooks into WordPress.
	 */
	public static function hook(): void {
		add_action( 'admin_notices', array( self::class, 'show' ) );
		add_action( 'network_admin_notices', array( self::class, 'show_network' ) );
	}

	/**
	 * Shows what is wrong.
	 */
	public static function show(): void {
		if ( ( ! current_user_can( 'manage_woocommerce' ) && ! current_user_can( 'activate_plugins' ) ) || Status_Page::is_shown() ) {
			return;
		}
		if ( ! Plugin::has_woocommerce() ) {
			self::notice( 'error', __( 'WooCommerce is not active, so there are no orders to send. Activate WooCommerce, or deactivate this plugin.', 'secure-dispatch' ) );
			return;
		}
		$fault = Extension::fault();
		if ( null !== $fault ) {
			self::notice( 'error', __( 'No orders are sent.', 'secure-dispatch' ) . ' ' . $fault );
		} elseif ( ! Extension::has_outbox() ) {
			self::notice( 'warning', __( 'Orders are sent in the background, but not kept on disk until they are taken, and each only as it is when its turn comes. Ask your host to set secure_dispatch.outbox in php.ini.', 'secure-dispatch' ), array( 'woocommerce_page_wc-status', 'woocommerce_page_wc-settings', 'plugins' ) );
		}
	}

	/**
	 * The same for a whole network, whose sites may have WooCommerce or not.
	 */
	public static function show_network(): void {
		$fault = Extension::fault();
		if ( null !== $fault && current_user_can( 'manage_network_plugins' ) ) {
			self::notice( 'error', __( 'No orders are sent.', 'secure-dispatch' ) . ' ' . $fault );
		}
	}

	/**
	 * One notice.
	 *
	 * @param string        $kind    error or warning.
	 * @param string        $text    What it says.
	 * @param string[]|null $screens Only there; null: everywhere.
	 */
	private static function notice( string $kind, string $text, ?array $screens = null ): void {
		if ( null === $screens || in_array( get_current_screen()?->id, $screens, true ) ) {
			printf( '<div class="notice notice-%s"><p><strong>%s</strong> %s</p></div>', esc_attr( $kind ), esc_html__( 'Secure Dispatch:', 'secure-dispatch' ), esc_html( $text ) );
		}
	}
}
