import { firstSale } from "./0001-first-sale.ts";
import { machinesThatDeliver } from "./0002-machines-that-deliver.ts";
import { notifications } from "./0003-notifications.ts";
import { tenantsAndPeople } from "./0004-tenants-and-people.ts";
import { catalogueAndStock } from "./0005-catalogue-and-stock.ts";
import { alarms } from "./0006-alarms.ts";
import { reports } from "./0007-reports.ts";
import { sheets } from "./0008-sheets.ts";
import { newestHealth } from "./0009-newest-health.ts";
import { moneyLadder } from "./0010-money-ladder.ts";
import { fleet } from "./0011-fleet.ts";
import { shopKeeping } from "./0012-shop-keeping.ts";
import { reconciliation } from "./0013-reconciliation.ts";
import { audit } from "./0014-audit.ts";
import { coffee } from "./0015-coffee.ts";
import { orderNumbers } from "./0016-order-numbers.ts";
import { overTheAir } from "./0017-over-the-air.ts";
import { reportSchedules } from "./0018-report-schedules.ts";
import { liveEvents } from "./0019-live-events.ts";
import { gateways } from "./0020-gateways.ts";
import { orderCustomers } from "./0021-order-customers.ts";
import { planogramsTold } from "./0022-planograms-told.ts";
import { keyRotations } from "./0023-key-rotations.ts";
import { deviceLogs } from "./0024-device-logs.ts";
import type { Migration } from "./migration.ts";

/** Every migration, oldest first. */
export const migrations: readonly Migration[] = Object.freeze([
	firstSale,
	machinesThatDeliver,
	notifications,
	tenantsAndPeople,
	catalogueAndStock,
	alarms,
	reports,
	sheets,
	newestHealth,
	moneyLadder,
	fleet,
	shopKeeping,
	reconciliation,
	audit,
	coffee,
	orderNumbers,
	overTheAir,
	reportSchedules,
	liveEvents,
	gateways,
	orderCustomers,
	planogramsTold,
	keyRotations,
	deviceLogs,
]);
