import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@visionvend/sdk/clock";
import { type Browser, type BrowserContextOptions, type CDPSession, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type ServedPage, servePage } from "../src/serve/serve-page.ts";
import { demoCatalogue } from "../src/world/demo-catalogue.ts";
import { smallerPng } from "./smaller-png.ts";

const executablePath = [
	process.env.CHROMIUM,
	"/usr/bin/chromium",
	"/usr/bin/chromium-browser",
	"/usr/bin/google-chrome",
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined)
	process.stdout.write("The page is not tried in a browser: there is no Chromium. Set CHROMIUM to where it is.\n");

/** With VISIONVEND_PICTURES=1 the pictures of the guide are taken anew. */
const takesPictures = process.env.VISIONVEND_PICTURES === "1";
const pictureFolder = fileURLToPath(new URL("../../docs/images/", import.meta.url));

const desktop = { viewport: { width: 1440, height: 900 }, colorScheme: "light" } as const;
const dark = { ...desktop, colorScheme: "dark" } as const;
const phone = {
	viewport: { width: 390, height: 844 },
	deviceScaleFactor: 2,
	hasTouch: true,
	isMobile: true,
	colorScheme: "light",
} as const;
/** Longer than anything at the fridge takes on a busy computer. */
const patience = { timeout: 45_000 };

let browser: Browser;
let served: ServedPage;
let page: Page;
/** Whatever the browser complains of. */
let complaints: string[];

beforeAll(async () => {
	if (executablePath === undefined) return;
	browser = await chromium.launch({
		executablePath,
		args: [
			"--headless",
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	});
});
afterAll(() => browser?.close());

beforeEach(async () => {
	if (executablePath === undefined) return;
	served = await servePage({
		port: 0,
		host: "127.0.0.1",
		seed: 1,
		kind: "fridge",
		xsHost: undefined,
		clock: systemClock,
	});
});
afterEach(async () => {
	if (executablePath === undefined) return;
	await page.context().close();
	await served.close();
});

async function visit(options: BrowserContextOptions): Promise<void> {
	const context = await browser.newContext(options);
	page = await context.newPage();
	complaints = [];
	page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
	page.on("pageerror", (error) => complaints.push(error.message));
	page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
	await page.goto(served.url);
	await page.locator(".unit").first().waitFor();
}

async function picture(name: string): Promise<void> {
	if (!takesPictures) return;
	const png = smallerPng(await page.screenshot());
	// The cameras on the page are photographs as PNG knows them: they do not get small.
	expect(png.length).toBeLessThan(400_000);
	mkdirSync(pictureFolder, { recursive: true });
	writeFileSync(join(pictureFolder, `virtual-fridge-${name}.png`), png);
}

/** The middle of what a selector finds first. */
async function middleOf(selector: string): Promise<{ x: number; y: number }> {
	const box = await page.locator(selector).first().boundingBox();
	if (!box) throw new Error(`${selector} is not seen`);
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** One way to move things from one place to another: a mouse or a finger. */
type Drag = (from: string, to: string, halfWay?: () => Promise<void>) => Promise<void>;

const byMouse: Drag = async (from, to, halfWay) => {
	const [start, end] = [await middleOf(from), await middleOf(to)];
	await page.mouse.move(start.x, start.y);
	await page.mouse.down();
	await page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, { steps: 6 });
	await halfWay?.();
	await page.mouse.move(end.x, end.y, { steps: 6 });
	await page.mouse.up();
};

function byFinger(session: CDPSession): Drag {
	return async (from, to, halfWay) => {
		const [start, end] = [await middleOf(from), await middleOf(to)];
		const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
			session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
		await touch("touchStart", [start]);
		for (let step = 1; step <= 10; step++) {
			const part = step / 10;
			await touch("touchMove", [{ x: start.x + (end.x - start.x) * part, y: start.y + (end.y - start.y) * part }]);
			if (step === 6) await halfWay?.();
		}
		// A finger that rests before it lifts: the browser takes a quick one for a fling, and the next tap for its end.
		for (let rest = 0; rest < 4; rest++) {
			await touch("touchMove", [end]);
			await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
		}
		await touch("touchEnd", []);
	};
}

const unit = (sku: string) => `.unit[data-sku="${sku}"]`;
const held = (sku: string) => `.basket .held[data-sku="${sku}"]`;
const priceOf = (...skus: string[]) =>
	skus.reduce((sum, sku) => sum + (demoCatalogue.find((product) => product.sku === sku)?.priceCents ?? 0), 0);

/** What the machine's display says as soon as it shows a receipt, however soon something else follows. */
function receiptOnDisplay(): Promise<unknown> {
	return page.evaluate(`new Promise((resolve) => {
		const display = document.querySelector(".oled");
		const look = () => display.dataset.text.includes("Total") && resolve(display.dataset.text);
		new MutationObserver(look).observe(display, { attributeFilter: ["data-text"] });
		look();
	})`);
}

async function capturedInLedger(): Promise<number> {
	return Number(await page.locator('[data-account="cash_in_transit"]').getAttribute("data-cents"));
}

test.skipIf(executablePath === undefined)(
	"a person buys by mouse: the ledger on the page has the price of what is gone",
	async () => {
		await visit(desktop);
		await page.getByRole("button", { name: "Tap to unlock" }).click();
		await page.locator('[data-bolt="back"]').waitFor(patience);
		// The handle is at the right; goods behind the glass are out of reach until it is open.
		await byMouse('[data-place="shelf-3"]', '[data-place="shelf-2"]');
		await page.locator('.unit[aria-disabled="false"]').first().waitFor(patience);
		const camera = page.locator('.cameras .view[src*="/cameras/0.jpg"]');
		const fullShelf = await camera.getAttribute("src");
		await byMouse(unit("cola"), ".basket-goods");
		await page.locator(held("cola")).waitFor(patience);
		await expect.poll(() => camera.getAttribute("src"), patience).not.toBe(fullShelf);
		const drawn =
			"(({ complete, naturalWidth }) => complete && naturalWidth)(document.querySelector('.cameras .view'))";
		await expect.poll(() => page.evaluate(drawn), patience).toBe(448);
		await byMouse(unit("chicken-sandwich"), ".basket-goods");
		await page.locator(held("chicken-sandwich")).waitFor(patience);
		await byMouse(unit("chocolate"), ".basket-goods", () => picture("desktop"));
		await page.locator(held("chocolate")).waitFor(patience);
		await byMouse(held("chicken-sandwich"), '[data-place="shelf-2"]');
		await page.locator(held("chicken-sandwich")).waitFor({ ...patience, state: "detached" });
		await page.locator(`[data-basket-cents="${priceOf("cola", "chocolate")}"]`).waitFor(patience);
		const receipt = receiptOnDisplay();
		await page.locator(".handle").click();
		await page.getByText("× 10").click();
		expect(await receipt).toContain("$3.90");
		await page.locator('.sale[data-state="captured"]').waitFor(patience);
		await page.locator('[data-account="cash_in_transit"]').waitFor(patience);
		expect(await capturedInLedger()).toBe(priceOf("cola", "chocolate"));
		await picture("receipt");
		expect(complaints).toEqual([]);
	},
);

test.skipIf(executablePath === undefined)(
	"a person buys by touch on a phone: the ledger on the page has the price of what is gone",
	async () => {
		await visit(phone);
		const drag = byFinger(await page.context().newCDPSession(page));
		await page.getByRole("button", { name: "Tap to unlock" }).tap();
		await page.locator('[data-bolt="back"]').waitFor(patience);
		await page.locator(".handle").tap();
		await page.locator('.unit[aria-disabled="false"]').first().waitFor(patience);
		await drag(unit("orange-juice"), ".basket-goods");
		await page.locator(held("orange-juice")).waitFor(patience);
		await drag(unit("lemonade"), ".basket-goods", () => picture("phone"));
		await page.locator(held("lemonade")).waitFor(patience);
		await drag(held("orange-juice"), '[data-place="shelf-1"]');
		await page.locator(held("orange-juice")).waitFor({ ...patience, state: "detached" });
		await page.getByRole("button", { name: "Shut the door" }).tap();
		await page.getByText("× 10").tap();
		await page.locator('.sale[data-state="captured"]').waitFor(patience);
		await page.locator('[data-account="cash_in_transit"]').waitFor(patience);
		expect(await capturedInLedger()).toBe(priceOf("lemonade"));
		expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(phone.viewport.width);
		expect(complaints).toEqual([]);
	},
);

test.skipIf(executablePath === undefined)("a person buys by keyboard alone", async () => {
	await visit({ ...desktop, reducedMotion: "reduce" });
	await page.getByRole("button", { name: "Tap to unlock" }).focus();
	await page.keyboard.press("Enter");
	await page.locator('[data-bolt="back"]').waitFor(patience);
	await page.locator(".door").focus();
	await page.keyboard.press("Enter");
	await page.locator('.unit[aria-disabled="false"]').first().waitFor(patience);
	await page.locator(unit("yogurt")).first().focus();
	await page.keyboard.press("Enter");
	await page.locator(held("yogurt")).waitFor(patience);
	await page.locator(".door").focus();
	await page.keyboard.press("Enter");
	await page.getByLabel("× 10").focus();
	await page.keyboard.press("Space");
	await page.locator('.sale[data-state="captured"]').waitFor(patience);
	await page.locator('[data-account="cash_in_transit"]').waitFor(patience);
	expect(await capturedInLedger()).toBe(priceOf("yogurt"));
	expect(complaints).toEqual([]);
});

test.skipIf(executablePath === undefined)("faults, the bolt, time and seeds answer to a click", async () => {
	await visit(dark);
	await page.locator(".handle").click();
	await page.getByText("The bolt holds the door shut.").waitFor(patience);
	await page.getByRole("button", { name: "Power cut" }).click();
	await page.locator('.oled[data-text="dark"]').waitFor(patience);
	expect(await page.getByRole("button", { name: "Power cut" }).getAttribute("aria-pressed")).toBe("true");
	await page.getByRole("tab", { name: "Wires" }).click();
	await page.getByRole("button", { name: "Power cut" }).click();
	await page.locator('.oled[data-text*="Tap to"]').waitFor(patience);
	await page.locator(".bus.i2c").first().waitFor(patience);
	await page.getByRole("button", { name: "Tap to unlock" }).click();
	await page.locator('[data-bolt="back"]').waitFor(patience);
	await page.getByRole("button", { name: "Pull the door" }).click();
	await page.locator('.unit[aria-disabled="false"]').first().waitFor(patience);
	await page
		.locator(`${unit("energy-drink")}`)
		.first()
		.click();
	await page.getByRole("button", { name: "Scale 1 dead" }).click();
	await page.getByRole("button", { name: "Pi killed" }).click();
	await page.getByText("Please wait").or(page.locator(".fault.active")).first().waitFor(patience);
	await picture("faults");
	for (const width of [1024, 700, 320, 1440]) {
		await page.setViewportSize({ width, height: 900 });
		await page.locator(".oled").waitFor(patience);
		expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
	}
	await page.getByRole("button", { name: "Pause" }).click();
	await page.getByText("× 10").click();
	await page.getByRole("button", { name: "New seed" }).click();
	await page
		.locator(".fault.active")
		.first()
		.waitFor({ ...patience, state: "detached" });
	await page.getByText(`seed ${served.live.state.machine.seed}`, { exact: true }).waitFor(patience);
	expect(served.live.generation).toBe(1);
	expect(complaints).toEqual([]);
});

test.skipIf(executablePath === undefined)("snacks fall and coffee runs on the same page", async () => {
	await visit(desktop);
	await page.getByLabel("Kind of machine").selectOption("vending");
	await page.locator('[data-slot="1"]').click();
	await page.locator('[data-slot="3"]').click();
	await page.getByRole("button", { name: "Tap to buy" }).click();
	await page.locator('[data-tray="1"]').waitFor(patience);
	await picture("vending");
	await page.locator('.sale[data-state="captured"]').waitFor(patience);
	await page.locator(".tray").click();
	await page.locator(held("chocolate")).waitFor(patience);
	await page.locator('[data-account="cash_in_transit"]').waitFor(patience);
	expect(await capturedInLedger()).toBe(340);

	await page.getByLabel("Kind of machine").selectOption("coffee");
	await page.locator(".drink").first().click();
	await page.getByRole("button", { name: "Tap to buy" }).click();
	await page.getByText("× 10").click();
	await page.locator(".stream").waitFor({ ...patience, state: "attached" });
	await picture("coffee");
	await page.locator('.sale[data-state="captured"]').waitFor(patience);
	await page.locator(".cup").click();
	await page.locator(held("espresso")).waitFor(patience);
	await page.locator('[data-account="cash_in_transit"]').waitFor(patience);
	expect(await capturedInLedger()).toBe(180);
	expect(complaints).toEqual([]);
});
