// Generated from the zod schemas. Do not edit: change protocol/messages.ts, build, then run
// `node sdk/dist/protocol/generate-validators.js`.

import type {
	CommandBody,
	ControllerConfiguration,
	DoorBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	SaleReportBody,
	UnlockBody,
} from "./messages.ts";

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, minimum: number, maximum: number): boolean {
	return typeof value === "number" && Number.isSafeInteger(value) && value >= minimum && value <= maximum;
}

function isText(value: unknown, minimum: number, maximum: number): boolean {
	return typeof value === "string" && value.length >= minimum && value.length <= maximum;
}

function isList(value: unknown, minimum: number, maximum: number, isMember: (member: unknown) => boolean): boolean {
	if (!Array.isArray(value) || value.length < minimum || value.length > maximum) return false;
	for (let index = 0; index < value.length; index += 1) {
		if (!isMember(value[index])) return false;
	}
	return true;
}

/** Is it a {@link HelloRequestBody}, every member in its range? Unknown members do not matter. */
export function isHelloRequestBody(value: unknown): value is HelloRequestBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.request === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.request)
	);
}

/** Is it a {@link UnlockBody}, every member in its range? Unknown members do not matter. */
export function isUnlockBody(value: unknown): value is UnlockBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.saleId) &&
		isInteger(value.counter, 1, 4294967295) &&
		isInteger(value.windowMs, 1000, 60000) &&
		typeof value.language === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(value.language)
	);
}

function isReceiptBodyItemsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.name, 1, 64) &&
		isInteger(value.quantity, 1, 99)
	);
}

/** Is it a {@link ReceiptBody}, every member in its range? Unknown members do not matter. */
export function isReceiptBody(value: unknown): value is ReceiptBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.saleId) &&
		(value.outcome === "captured" || value.outcome === "cancelled" || value.outcome === "review") &&
		isList(value.items, 0, 16, isReceiptBodyItemsMember) &&
		isInteger(value.totalCents, 0, 1000000000) &&
		typeof value.currency === "string" && /^[A-Za-z]{3}$/.test(value.currency) &&
		typeof value.language === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(value.language)
	);
}

/** Is it a {@link HelloBody}, every member in its range? Unknown members do not matter. */
export function isHelloBody(value: unknown): value is HelloBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.request === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.request) &&
		isInteger(value.boot, 0, 4294967295) &&
		typeof value.nonce === "string" && /^[A-Za-z0-9_-]{22}$/.test(value.nonce) &&
		isInteger(value.counter, 0, 4294967295) &&
		isInteger(value.executed, 0, 4294967295) &&
		isText(value.phase, 0, 64) &&
		isText(value.firmware, 0, 64) &&
		isText(value.resetReason, 0, 64)
	);
}

/** Is it a {@link DoorBody}, every member in its range? Unknown members do not matter. */
export function isDoorBody(value: unknown): value is DoorBody {
	if (!isRecord(value)) return false;
	return (
		(value.state === "opened" || value.state === "closed" || value.state === "ajar" || value.state === "forced") &&
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.saleId) &&
		isInteger(value.atMs, 0, 9007199254740991)
	);
}

/** Is it a {@link CommandBody}, every member in its range? Unknown members do not matter. */
export function isCommandBody(value: unknown): value is CommandBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.saleId) &&
		isInteger(value.counter, 0, 4294967295) &&
		(value.result === "executed" || value.result === "refused") &&
		isText(value.reason, 0, 64)
	);
}

function isSaleReportBodyShelvesMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.shelf, 0, 15) &&
		isInteger(value.baselineMilligrams, -200000000, 200000000) &&
		isInteger(value.finalMilligrams, -200000000, 200000000) &&
		isInteger(value.spreadMilligrams, 0, 400000000)
	);
}

/** Is it a {@link SaleReportBody}, every member in its range? Unknown members do not matter. */
export function isSaleReportBody(value: unknown): value is SaleReportBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.saleId) &&
		isInteger(value.counter, 0, 4294967295) &&
		isInteger(value.boot, 0, 4294967295) &&
		typeof value.opened === "boolean" &&
		isInteger(value.doorOpenMs, 0, 9007199254740991) &&
		isList(value.flags, 0, 8, (member) => (member === "ajar" || member === "resumed" || member === "forced" || member === "unstable" || member === "scale-fault")) &&
		isList(value.shelves, 0, 8, isSaleReportBodyShelvesMember)
	);
}

/** Is it a {@link HealthBody}, every member in its range? Unknown members do not matter. */
export function isHealthBody(value: unknown): value is HealthBody {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.uptimeMs, 0, 9007199254740991) &&
		isInteger(value.boot, 0, 4294967295) &&
		typeof value.doorClosed === "boolean" &&
		isList(value.massesMilligrams, 0, 8, (member) => isInteger(member, -200000000, 200000000)) &&
		isText(value.phase, 0, 64)
	);
}

function isControllerConfigurationKeysReceive(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		typeof value.kid === "string" && /^(cloud|controller|pi)-(cloud|controller|pi)\.[0-9]{1,6}$/.test(value.kid) &&
		typeof value.key === "string" && /^[A-Za-z0-9_-]{43}$/.test(value.key)
	);
}

function isControllerConfigurationKeysSend(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		typeof value.kid === "string" && /^(cloud|controller|pi)-(cloud|controller|pi)\.[0-9]{1,6}$/.test(value.kid) &&
		typeof value.key === "string" && /^[A-Za-z0-9_-]{43}$/.test(value.key)
	);
}

function isControllerConfigurationKeys(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isControllerConfigurationKeysReceive(value.receive) &&
		isControllerConfigurationKeysSend(value.send)
	);
}

function isControllerConfigurationPins(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.lock, 0, 48) &&
		isInteger(value.hall, 0, 48) &&
		isInteger(value.oledData, 0, 48) &&
		isInteger(value.oledClock, 0, 48) &&
		isInteger(value.neopixel, 0, 48) &&
		isInteger(value.buzzer, 0, 48) &&
		isInteger(value.linkReceive, 0, 48) &&
		isInteger(value.linkTransmit, 0, 48) &&
		isInteger(value.piSignal, 0, 48)
	);
}

function isControllerConfigurationScalesMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.shelf, 0, 15) &&
		isInteger(value.clock, 0, 48) &&
		isInteger(value.data, 0, 48) &&
		isInteger(value.zeroCounts, -8388608, 8388607) &&
		isInteger(value.loadCounts, -8388608, 8388607) &&
		isInteger(value.loadMilligrams, 1, 200000000)
	);
}

function isControllerConfigurationLock(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.pulseMs, 10, 5000) &&
		isInteger(value.windowMs, 1000, 60000) &&
		isInteger(value.ajarMs, 1000, 86400000)
	);
}

/** Is it a {@link ControllerConfiguration}, every member in its range? Unknown members do not matter. */
export function isControllerConfiguration(value: unknown): value is ControllerConfiguration {
	if (!isRecord(value)) return false;
	return (
		typeof value.machineId === "string" && /^[a-z0-9][a-z0-9-]{0,62}$/.test(value.machineId) &&
		isControllerConfigurationKeys(value.keys) &&
		isControllerConfigurationPins(value.pins) &&
		isList(value.scales, 1, 8, isControllerConfigurationScalesMember) &&
		isControllerConfigurationLock(value.lock) &&
		isList(value.languages, 1, 8, (member) => typeof member === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(member)) &&
		isInteger(value.linkBaud, 9600, 3000000)
	);
}
