import { subject as battery } from "@visionvend/drivers/battery/conformance";
import { subject as buzzer } from "@visionvend/drivers/buzzer/conformance";
import { subject as coffeeGroup } from "@visionvend/drivers/coffee-group/conformance";
import { subject as dispenseMotor } from "@visionvend/drivers/dispense-motor/conformance";
import { subject as ds18b20 } from "@visionvend/drivers/ds18b20/conformance";
import { subject as hallSensor } from "@visionvend/drivers/hall-sensor/conformance";
import { subject as hx711 } from "@visionvend/drivers/hx711/conformance";
import { subject as lock } from "@visionvend/drivers/lock/conformance";
import { subject as nau7802 } from "@visionvend/drivers/nau7802/conformance";
import { subject as neopixel } from "@visionvend/drivers/neopixel/conformance";
import { subject as pir } from "@visionvend/drivers/pir/conformance";
import { subject as restockButton } from "@visionvend/drivers/restock-button/conformance";
import { subject as sim7080g } from "@visionvend/drivers/sim7080g/conformance";
import { subject as ssd1306 } from "@visionvend/drivers/ssd1306/conformance";
import { subject as vl53l0x } from "@visionvend/drivers/vl53l0x/conformance";
import { subject as vl53l1x } from "@visionvend/drivers/vl53l1x/conformance";
import type { DriverSubject } from "@visionvend/sdk/conformance/driver-subject";
import type { Board } from "../board/board.ts";
import { solder as solderBattery } from "./battery.ts";
import { solder as solderBuzzer } from "./buzzer.ts";
import { solder as solderCoffeeGroup } from "./coffee-group.ts";
import { solder as solderDispenseMotor } from "./dispense-motor.ts";
import { solder as solderDs18b20 } from "./ds18b20.ts";
import { solder as solderHallSensor } from "./hall-sensor.ts";
import { solder as solderHx711 } from "./hx711.ts";
import { solder as solderLock } from "./lock.ts";
import { solder as solderNau7802 } from "./nau7802.ts";
import { solder as solderNeopixel } from "./neopixel.ts";
import { solder as solderPir } from "./pir.ts";
import { solder as solderRestockButton } from "./restock-button.ts";
import { solder as solderSim7080g } from "./sim7080g.ts";
import { solder as solderSsd1306 } from "./ssd1306.ts";
import { solder as solderVl53l0x } from "./vl53l0x.ts";
import { solder as solderVl53l1x } from "./vl53l1x.ts";

/** One driver, and what has to be on the board for it. */
export interface Part {
	readonly subject: DriverSubject;
	/** Puts the part on the pins of its `wiring.json`. */
	solder(board: Board): void;
}

/** Every driver of the house, by the name of its folder. */
export const parts: readonly Part[] = Object.freeze([
	{ subject: battery, solder: solderBattery },
	{ subject: buzzer, solder: solderBuzzer },
	{ subject: coffeeGroup, solder: solderCoffeeGroup },
	{ subject: dispenseMotor, solder: solderDispenseMotor },
	{ subject: ds18b20, solder: solderDs18b20 },
	{ subject: hallSensor, solder: solderHallSensor },
	{ subject: hx711, solder: solderHx711 },
	{ subject: lock, solder: solderLock },
	{ subject: nau7802, solder: solderNau7802 },
	{ subject: neopixel, solder: solderNeopixel },
	{ subject: pir, solder: solderPir },
	{ subject: restockButton, solder: solderRestockButton },
	{ subject: sim7080g, solder: solderSim7080g },
	{ subject: ssd1306, solder: solderSsd1306 },
	{ subject: vl53l0x, solder: solderVl53l0x },
	{ subject: vl53l1x, solder: solderVl53l1x },
]);
