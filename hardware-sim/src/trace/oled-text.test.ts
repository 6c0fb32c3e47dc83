import { SSD1306 } from "@visionvend/drivers/ssd1306";
import { messages } from "@visionvend/drivers/strings";
import { expect, test } from "vitest";
import { Board } from "../board/board.ts";
import { SSD1306Chip } from "../chips/ssd1306.ts";
import { SimulationClock } from "../clock.ts";
import { decodeOled, encodeOled } from "./oled-picture.ts";
import { readOled } from "./oled-text.ts";

const board = new Board({ clock: new SimulationClock() });
const chip = new SSD1306Chip();
board.attachI2C({ data: 10, clock: 11 }, 0x3c, chip);
const screen = new SSD1306({ display: { io: board.io.I2C, data: 10, clock: 11 } });

test("every phrase of the firmware can be read from its picture, small, large and centred", () => {
	for (const phrase of [...Object.values(messages.en), ...Object.values(messages.es)]) {
		screen.clear();
		screen.text(0, phrase);
		const beginning = phrase.slice(0, 10).trim();
		screen.text(2, beginning, { large: true, center: true });
		screen.text(7, phrase, { center: true });
		screen.show();
		expect(readOled(chip.pixels)).toEqual([phrase, beginning, phrase]);
	}
});

test("a receipt is read line by line", () => {
	screen.clear();
	screen.text(0, "2× Cola         $4.00");
	screen.text(3, "Total", { large: true });
	screen.show();
	expect(readOled(chip.pixels)).toEqual(["2× Cola         $4.00", "Total"]);
	expect(decodeOled(encodeOled(chip.pixels, 3))).toEqual(chip.pixels);
});
