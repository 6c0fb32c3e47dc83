import type { MQTTEnd } from "@visionvend/sdk/device/io/mqtt";

/**
 * What a device's JavaScript and its simulated hardware say to each other. On XS every operation is a frame on a pipe
 * (hardware-sim/xs-host), in Node a direct call. Both engines run the same operations in the same order.
 */
export interface Bridge {
	/** An operation on numbers. NaN when it failed; `Operation.failure` then tells why. */
	call(operation: number, a: number, b: number): number;
	/** An operation with bytes. `undefined` when there is nothing, `null` when it failed. */
	exchange(operation: number, a: number, b: number, bytes?: ArrayBuffer | Uint8Array): ArrayBuffer | undefined | null;
}

/** `handle` numbers the device's IO instances and timers; the device chooses it. Texts are UTF-8, options JSON. */
export const Operation = Object.freeze({
	// call(operation, a, b)
	/** (handle) */
	close: 1,
	/** (handle): level of a Digital, conversion of an Analog */
	read: 2,
	/** (handle, value): level of a Digital, duty of a PWM */
	write: 3,
	/** (handle): bits of a PWM or an Analog */
	resolution: 4,
	/** (handle): frequency of a PWM */
	hz: 5,
	/** (handle, milliseconds) */
	setTimer: 6,
	/** (handle, milliseconds) */
	repeatTimer: 7,
	/** (handle) */
	clearTimer: 8,
	/** milliseconds since boot */
	ticks: 9,
	/** does not return */
	restart: 10,
	/** bytes */
	memoryFree: 11,
	/** dBm, or `NO_SIGNAL` */
	signalStrength: 12,
	/** 1 with a network, 2 with firmware slots, 3 with both */
	equipment: 13,
	/** bytes of a firmware slot */
	firmwareBytes: 14,
	/** 1 when slot b runs, plus 2 on trial */
	firmwareState: 15,
	/** (byteLength) */
	firmwareErase: 16,
	firmwareActivate: 17,
	firmwareConfirm: 18,
	firmwareReject: 19,

	// exchange(operation, a, b, bytes)
	/** What went wrong in the last operation: error class, kind of HardwareError and message, on three lines. */
	failure: 20,
	/** (handle, 0, options) */
	openDigital: 21,
	openI2C: 22,
	openSPI: 23,
	openPWM: 24,
	openSerial: 25,
	/** (handle, 2 * byteLength + stop): bytes from an I2C target */
	readBytes: 26,
	/** (handle, stop, bytes) */
	writeBytes: 27,
	/** (handle, 0, bytes): bytes that came in over SPI */
	transfer: 28,
	/** (handle): bytes that wait on a Serial; of an MQTT session the length of the topic (2 bytes, big endian), topic and payload */
	receive: 29,
	/** (0, 0, key) */
	readStorage: 30,
	/** (length of the key, 0, key and value) */
	writeStorage: 31,
	/** (0, 0, key) */
	deleteStorage: 32,
	/** (byteLength) */
	random: 33,
	/** (length of the event, 0, event and detail) */
	log: 34,
	resetReason: 35,
	/** (handle, 0, options) */
	openAnalog: 36,
	/** (handle, 0, options) */
	openMQTT: 37,
	/** (handle, length of the topic, topic and payload): the message's number, 4 bytes, big endian */
	publish: 38,
	/** (length of the ssid, 0, ssid and password) */
	joinWiFi: 39,
	/** (offset, 0, bytes) */
	firmwareWrite: 40,
	/** (byteLength): 32 bytes */
	firmwareDigest: 41,
	/** (0, 0, public key, digest and signature: 65, 32 and 64 bytes): one byte, 1 when it holds */
	firmwareVerify: 42,
	/** microseconds since boot */
	microseconds: 43,
});

/** Why sessions end, by the `value` of the event. */
export const sessionEnds: readonly MQTTEnd[] = Object.freeze(["lost", "timeout", "refused"]);

/** What `signalStrength` says where nothing is received: louder than any radio. */
export const NO_SIGNAL = 1_000;

/** Why the device is woken up: deliver(kind, handle, value). */
export const EventKind = Object.freeze({
	/** A timer is due. */
	timer: 1,
	/** An edge came, `value` bytes wait on a Serial, or a message of `value` bytes on an MQTT session. */
	readable: 2,
	/** `value` bytes can be written. */
	writable: 3,
	/** An MQTT session is there, with its subscriptions. */
	connected: 4,
	/** The broker has message `value`. */
	acknowledged: 5,
	/** An MQTT session is over; `value` is the place of the reason in `sessionEnds`. */
	ended: 6,
});
