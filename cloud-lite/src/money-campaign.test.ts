import { expect, test } from "vitest";
import { playMoneyCampaign } from "../test/money-campaign.ts";

const sales = Number(process.env.VISIONVEND_MONEY_SALES ?? 5);
const seed = Number(process.env.VISIONVEND_MONEY_SEED ?? 2026);

test(
	"random sales with lost, doubled, late and reordered calls and a cloud that dies: the provider's books are the ledger's, sale by sale",
	async () => {
		const tell = (figures: object) => process.stdout.write(`${JSON.stringify(figures)}\n`);
		const isAsked = process.env.VISIONVEND_MONEY_SALES !== undefined;
		const figures = await playMoneyCampaign({ sales, seed, ...(isAsked ? { onProgress: tell } : {}) });
		expect(figures.violations).toEqual([]);
		expect(figures.sales).toBe(sales);
		expect(figures.captured).toBeGreaterThan(0);
	},
	24 * 3_600_000,
);
