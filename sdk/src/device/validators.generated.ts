// Generated from the zod schemas. Do not edit: change protocol/messages.ts, build, then run
// `node sdk/dist/protocol/generate-validators.js`.

import type {
	AcknowledgementBody,
	CommandBody,
	CommandStatusBody,
	ConfigurationUpdateBody,
	ControllerConfiguration,
	DispenseBody,
	DoorBody,
	FirmwareChunkBody,
	FirmwareManifestBody,
	FirmwareRequestBody,
	HealthBody,
	HelloBody,
	HelloRequestBody,
	ReceiptBody,
	RemoteCommandBody,
	SaleReportBody,
	UnlockBody,
	WeightCurveBody,
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

/** Is it a {@link DispenseBody}, every member in its range? Unknown members do not matter. */
export function isDispenseBody(value: unknown): value is DispenseBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.saleId) &&
		isInteger(value.counter, 1, 4294967295) &&
		isList(value.slots, 1, 10, (member) => isInteger(member, 0, 15)) &&
		typeof value.language === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(value.language)
	);
}

/** Is it a {@link AcknowledgementBody}, every member in its range? Unknown members do not matter. */
export function isAcknowledgementBody(value: unknown): value is AcknowledgementBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.reportId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.reportId) &&
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.saleId)
	);
}

/** Is it a {@link RemoteCommandBody}, every member in its range? Unknown members do not matter. */
export function isRemoteCommandBody(value: unknown): value is RemoteCommandBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		(value.action === "reboot" || value.action === "service-start" || value.action === "service-end" || value.action === "tare" || value.action === "calibrate" || value.action === "diagnose" || value.action === "identify" || value.action === "clear-food-lock" || value.action === "refill") &&
		isInteger(value.shelf, 0, 15) &&
		isInteger(value.milligrams, 0, 200000000) &&
		isInteger(value.minutes, 0, 240)
	);
}

/** Is it a {@link CommandStatusBody}, every member in its range? Unknown members do not matter. */
export function isCommandStatusBody(value: unknown): value is CommandStatusBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		(value.state === "received" || value.state === "running" || value.state === "done" || value.state === "failed" || value.state === "expired") &&
		isText(value.reason, 0, 64) &&
		isText(value.detail, 0, 512)
	);
}

function isConfigurationUpdateBodySettingsUplinkBroker(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.host, 1, 253) &&
		isInteger(value.port, 1, 65535) &&
		typeof value.tls === "boolean" &&
		isText(value.user, 1, 64) &&
		isText(value.password, 0, 64)
	);
}

function isConfigurationUpdateBodySettingsUplink(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		(value.via === "pi" || value.via === "wifi" || value.via === "lte") &&
		(value.ssid === undefined || isText(value.ssid, 1, 32)) &&
		(value.password === undefined || isText(value.password, 0, 63)) &&
		(value.apn === undefined || isText(value.apn, 1, 100)) &&
		(value.broker === undefined || isConfigurationUpdateBodySettingsUplinkBroker(value.broker))
	);
}

function isConfigurationUpdateBodySettingsPins(value: unknown): boolean {
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
		isInteger(value.piSignal, 0, 48) &&
		(value.bolt === undefined || isInteger(value.bolt, 0, 48)) &&
		(value.modemPower === undefined || isInteger(value.modemPower, 0, 48)) &&
		(value.restockButton === undefined || isInteger(value.restockButton, 0, 48)) &&
		(value.pir === undefined || isInteger(value.pir, 0, 48))
	);
}

function isConfigurationUpdateBodySettingsScalesMember(value: unknown): boolean {
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

function isConfigurationUpdateBodySettingsLock(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.pulseMs, 10, 5000) &&
		isInteger(value.windowMs, 1000, 60000) &&
		isInteger(value.ajarMs, 1000, 86400000)
	);
}

function isConfigurationUpdateBodySettingsBattery(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.pin, 0, 48) &&
		isInteger(value.upperOhms, 1, 10000000) &&
		isInteger(value.lowerOhms, 1, 10000000) &&
		isInteger(value.lowMillivolts, 0, 60000)
	);
}

function isConfigurationUpdateBodySettingsFoodSafety(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.receive, 0, 48) &&
		isInteger(value.transmit, 0, 48) &&
		isInteger(value.limitCentidegrees, -3000, 6500)
	);
}

function isConfigurationUpdateBodySettingsVending(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isList(value.motors, 1, 8, (member) => isInteger(member, 0, 48)) &&
		isInteger(value.home, 0, 48) &&
		isInteger(value.drop, 0, 48) &&
		(value.emitter === undefined || isInteger(value.emitter, 0, 48))
	);
}

function isConfigurationUpdateBodySettingsCoffeePins(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.grinder, 0, 48) &&
		isInteger(value.pump, 0, 48) &&
		isInteger(value.flow, 0, 48) &&
		isInteger(value.heater, 0, 48) &&
		isInteger(value.thermometer, 0, 48) &&
		(value.safety === undefined || isInteger(value.safety, 0, 48)) &&
		(value.water === undefined || isInteger(value.water, 0, 48))
	);
}

function isConfigurationUpdateBodySettingsCoffeeBinsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.name, 1, 16) &&
		isInteger(value.pin, 0, 48) &&
		isInteger(value.portions, 1, 10000)
	);
}

function isConfigurationUpdateBodySettingsCoffeeRecipesMemberStepsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		(value.step === "grind" || value.step === "heat" || value.step === "pump" || value.step === "pause") &&
		isInteger(value.amount, 0, 60000)
	);
}

function isConfigurationUpdateBodySettingsCoffeeRecipesMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.number, 0, 15) &&
		isText(value.name, 1, 32) &&
		isList(value.steps, 1, 12, isConfigurationUpdateBodySettingsCoffeeRecipesMemberStepsMember) &&
		isList(value.takes, 0, 4, (member) => isInteger(member, 0, 100))
	);
}

function isConfigurationUpdateBodySettingsCoffee(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isConfigurationUpdateBodySettingsCoffeePins(value.pins) &&
		isList(value.bins, 0, 4, isConfigurationUpdateBodySettingsCoffeeBinsMember) &&
		isList(value.recipes, 0, 8, isConfigurationUpdateBodySettingsCoffeeRecipesMember)
	);
}

function isConfigurationUpdateBodySettingsKeyRotation(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.version, 2, 999999) &&
		typeof value.salt === "string" && /^[A-Za-z0-9_-]{21}[AQgw]$/.test(value.salt) &&
		typeof value.receive === "string" && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value.receive) &&
		typeof value.send === "string" && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value.send) &&
		typeof value.broker === "string" && /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(value.broker)
	);
}

function isConfigurationUpdateBodySettings(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		(value.kind === undefined || (value.kind === "fridge" || value.kind === "vending" || value.kind === "coffee")) &&
		(value.uplink === undefined || isConfigurationUpdateBodySettingsUplink(value.uplink)) &&
		(value.pins === undefined || isConfigurationUpdateBodySettingsPins(value.pins)) &&
		(value.scales === undefined || isList(value.scales, 0, 8, isConfigurationUpdateBodySettingsScalesMember)) &&
		(value.lock === undefined || isConfigurationUpdateBodySettingsLock(value.lock)) &&
		(value.languages === undefined || isList(value.languages, 1, 8, (member) => typeof member === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(member))) &&
		(value.linkBaud === undefined || isInteger(value.linkBaud, 9600, 3000000)) &&
		(value.battery === undefined || isConfigurationUpdateBodySettingsBattery(value.battery)) &&
		(value.foodSafety === undefined || isConfigurationUpdateBodySettingsFoodSafety(value.foodSafety)) &&
		(value.vending === undefined || isConfigurationUpdateBodySettingsVending(value.vending)) &&
		(value.coffee === undefined || isConfigurationUpdateBodySettingsCoffee(value.coffee)) &&
		(value.keyRotation === undefined || isConfigurationUpdateBodySettingsKeyRotation(value.keyRotation))
	);
}

/** Is it a {@link ConfigurationUpdateBody}, every member in its range? Unknown members do not matter. */
export function isConfigurationUpdateBody(value: unknown): value is ConfigurationUpdateBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		isInteger(value.version, 1, 4294967295) &&
		isConfigurationUpdateBodySettings(value.settings)
	);
}

/** Is it a {@link FirmwareManifestBody}, every member in its range? Unknown members do not matter. */
export function isFirmwareManifestBody(value: unknown): value is FirmwareManifestBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		isText(value.product, 0, 64) &&
		isText(value.hardware, 0, 64) &&
		typeof value.version === "string" && /^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$/.test(value.version) &&
		isInteger(value.floor, 0, 4294967295) &&
		isInteger(value.byteLength, 1, 8388608) &&
		typeof value.sha256 === "string" && /^[A-Za-z0-9_-]{43}$/.test(value.sha256) &&
		typeof value.signature === "string" && /^[A-Za-z0-9_-]{86}$/.test(value.signature)
	);
}

/** Is it a {@link FirmwareRequestBody}, every member in its range? Unknown members do not matter. */
export function isFirmwareRequestBody(value: unknown): value is FirmwareRequestBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		isInteger(value.offset, 0, 8388608) &&
		isInteger(value.byteLength, 1, 768)
	);
}

/** Is it a {@link FirmwareChunkBody}, every member in its range? Unknown members do not matter. */
export function isFirmwareChunkBody(value: unknown): value is FirmwareChunkBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.commandId === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(value.commandId) &&
		isInteger(value.offset, 0, 8388608) &&
		isText(value.data, 1, 1024)
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
		isText(value.resetReason, 0, 64) &&
		(value.kind === "fridge" || value.kind === "vending" || value.kind === "coffee") &&
		isInteger(value.configuration, 0, 4294967295)
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

function isSaleReportBodyDispensedMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.slot, 0, 15) &&
		(value.outcome === "delivered" || value.outcome === "failed" || value.outcome === "unknown") &&
		isText(value.reason, 0, 64)
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
		isList(value.shelves, 0, 8, isSaleReportBodyShelvesMember) &&
		isList(value.dispensed, 0, 10, isSaleReportBodyDispensedMember)
	);
}

function isWeightCurveBodyPointsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.shelf, 0, 15) &&
		isInteger(value.atMs, 0, 9007199254740991) &&
		isInteger(value.milligrams, -200000000, 200000000) &&
		isInteger(value.spreadMilligrams, 0, 400000000) &&
		typeof value.stable === "boolean"
	);
}

/** Is it a {@link WeightCurveBody}, every member in its range? Unknown members do not matter. */
export function isWeightCurveBody(value: unknown): value is WeightCurveBody {
	if (!isRecord(value)) return false;
	return (
		typeof value.saleId === "string" && /^[A-Za-z0-9_-]{0,64}$/.test(value.saleId) &&
		isInteger(value.atMs, 0, 9007199254740991) &&
		isList(value.points, 0, 12, isWeightCurveBodyPointsMember)
	);
}

function isHealthBodyBinsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.name, 0, 64) &&
		isInteger(value.portions, -1, 100000) &&
		typeof value.low === "boolean"
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
		isText(value.phase, 0, 64) &&
		isText(value.resetReason, 0, 64) &&
		isInteger(value.memoryFreeBytes, 0, 4294967295) &&
		(value.supplyMillivolts === undefined || isInteger(value.supplyMillivolts, 0, 60000)) &&
		(value.temperatureCentidegrees === undefined || isInteger(value.temperatureCentidegrees, -5500, 12500)) &&
		(value.signalDbm === undefined || isInteger(value.signalDbm, -150, 0)) &&
		(value.bins === undefined || isList(value.bins, 0, 8, isHealthBodyBinsMember)) &&
		isList(value.faults, 0, 16, (member) => isText(member, 0, 64))
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

function isControllerConfigurationUplinkBroker(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.host, 1, 253) &&
		isInteger(value.port, 1, 65535) &&
		typeof value.tls === "boolean" &&
		isText(value.user, 1, 64) &&
		isText(value.password, 0, 64)
	);
}

function isControllerConfigurationUplink(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		(value.via === "pi" || value.via === "wifi" || value.via === "lte") &&
		(value.ssid === undefined || isText(value.ssid, 1, 32)) &&
		(value.password === undefined || isText(value.password, 0, 63)) &&
		(value.apn === undefined || isText(value.apn, 1, 100)) &&
		(value.broker === undefined || isControllerConfigurationUplinkBroker(value.broker))
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
		isInteger(value.piSignal, 0, 48) &&
		(value.bolt === undefined || isInteger(value.bolt, 0, 48)) &&
		(value.modemPower === undefined || isInteger(value.modemPower, 0, 48)) &&
		(value.restockButton === undefined || isInteger(value.restockButton, 0, 48)) &&
		(value.pir === undefined || isInteger(value.pir, 0, 48))
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

function isControllerConfigurationBattery(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.pin, 0, 48) &&
		isInteger(value.upperOhms, 1, 10000000) &&
		isInteger(value.lowerOhms, 1, 10000000) &&
		isInteger(value.lowMillivolts, 0, 60000)
	);
}

function isControllerConfigurationFoodSafety(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.receive, 0, 48) &&
		isInteger(value.transmit, 0, 48) &&
		isInteger(value.limitCentidegrees, -3000, 6500)
	);
}

function isControllerConfigurationVending(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isList(value.motors, 1, 8, (member) => isInteger(member, 0, 48)) &&
		isInteger(value.home, 0, 48) &&
		isInteger(value.drop, 0, 48) &&
		(value.emitter === undefined || isInteger(value.emitter, 0, 48))
	);
}

function isControllerConfigurationCoffeePins(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.grinder, 0, 48) &&
		isInteger(value.pump, 0, 48) &&
		isInteger(value.flow, 0, 48) &&
		isInteger(value.heater, 0, 48) &&
		isInteger(value.thermometer, 0, 48) &&
		(value.safety === undefined || isInteger(value.safety, 0, 48)) &&
		(value.water === undefined || isInteger(value.water, 0, 48))
	);
}

function isControllerConfigurationCoffeeBinsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isText(value.name, 1, 16) &&
		isInteger(value.pin, 0, 48) &&
		isInteger(value.portions, 1, 10000)
	);
}

function isControllerConfigurationCoffeeRecipesMemberStepsMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		(value.step === "grind" || value.step === "heat" || value.step === "pump" || value.step === "pause") &&
		isInteger(value.amount, 0, 60000)
	);
}

function isControllerConfigurationCoffeeRecipesMember(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isInteger(value.number, 0, 15) &&
		isText(value.name, 1, 32) &&
		isList(value.steps, 1, 12, isControllerConfigurationCoffeeRecipesMemberStepsMember) &&
		isList(value.takes, 0, 4, (member) => isInteger(member, 0, 100))
	);
}

function isControllerConfigurationCoffee(value: unknown): boolean {
	if (!isRecord(value)) return false;
	return (
		isControllerConfigurationCoffeePins(value.pins) &&
		isList(value.bins, 0, 4, isControllerConfigurationCoffeeBinsMember) &&
		isList(value.recipes, 0, 8, isControllerConfigurationCoffeeRecipesMember)
	);
}

/** Is it a {@link ControllerConfiguration}, every member in its range? Unknown members do not matter. */
export function isControllerConfiguration(value: unknown): value is ControllerConfiguration {
	if (!isRecord(value)) return false;
	return (
		typeof value.machineId === "string" && /^[a-z0-9][a-z0-9-]{0,62}$/.test(value.machineId) &&
		isInteger(value.version, 0, 4294967295) &&
		isControllerConfigurationKeys(value.keys) &&
		(value.firmwareKey === undefined || typeof value.firmwareKey === "string" && /^[A-Za-z0-9_-]{87}$/.test(value.firmwareKey)) &&
		(value.kind === "fridge" || value.kind === "vending" || value.kind === "coffee") &&
		isControllerConfigurationUplink(value.uplink) &&
		isControllerConfigurationPins(value.pins) &&
		isList(value.scales, 0, 8, isControllerConfigurationScalesMember) &&
		isControllerConfigurationLock(value.lock) &&
		isList(value.languages, 1, 8, (member) => typeof member === "string" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/.test(member)) &&
		isInteger(value.linkBaud, 9600, 3000000) &&
		(value.battery === undefined || isControllerConfigurationBattery(value.battery)) &&
		(value.foodSafety === undefined || isControllerConfigurationFoodSafety(value.foodSafety)) &&
		(value.vending === undefined || isControllerConfigurationVending(value.vending)) &&
		(value.coffee === undefined || isControllerConfigurationCoffee(value.coffee))
	);
}
