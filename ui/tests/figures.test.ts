import { describe, expect, test } from "vitest";

import { dollars, nanos } from "../src/dollars.ts";
import { forecast } from "../src/forecast.ts";
import { ago, change, cost, duration, folder, midnight, money, price, rounded, tokens, window } from "../src/format.ts";

describe("figures", () => {
  test.each([
    [0, "$0.00"],
    [42_000, "<$0.0001"],
    [4_200_000, "$0.0042"],
    [9_999_999, "$0.0100"],
    [10_000_000, "$0.01"],
    [1_840_000_000, "$1.84"],
    [1_234_567_000_000_000, "$1,234,567.00"],
    [-500_000_000, "−$0.50"],
  ])("money of %d", (value, text) => expect(money(value)).toBe(text));

  test.each([
    [0, undefined, "$0.00"],
    [1, undefined, "~$0.00"],
    [1, 0, "~$0.00"],
    [0, 5, "~$0.00"],
  ])("%d estimates of %s together", (estimates, estimated_nanos, text) => expect(cost({ cost_nanos: 0, estimates, estimated_nanos })).toBe(text));

  test.each([
    [0, 0, "$0.00"],
    [0, 5_000_000, "$0.000"],
    [15_000_000, 5_000_000, "$0.015"],
    [200_000, 100_000, "$0.0002"],
    [500_000_000, 100_000_000, "$0.50"],
    [5_000_000_000, 1_000_000_000, "$5.00"],
    [999_000_000_000, 1_000_000_000, "$999.00"],
    [60_000_000_000_000, 20_000_000_000_000, "$60k"],
    [1_250_000_000_000_000, 250_000_000_000_000, "$1.3M"],
  ])("a round sum of %d, %d apart", (value, step, text) => expect(rounded(value, step)).toBe(text));

  test.each([
    [null, "varies"],
    [0, "free"],
    [100_000_000, "$0.10"],
    [25_000_000, "$0.025"],
    [15_000_000_000, "$15.00"],
  ])("price of %s", (value, text) => expect(price(value)).toBe(text));

  test.each([
    [999, "999"],
    [1_000, "1.0k"],
    [99_949, "99.9k"],
    [99_950, "100k"],
    [999_499, "999k"],
    [999_500, "1.00M"],
    [99_950_000, "100M"],
    [999_500_000, "1.00B"],
    [9_876_543_210_000, "9,876.54B"],
  ])("tokens of %d", (value, text) => expect(tokens(value)).toBe(text));

  test.each([
    [null, "–"],
    [128_000, "128k"],
    [1_050_000, "1.1M"],
    [1_000_000, "1M"],
  ])("window of %s", (value, text) => expect(window(value)).toBe(text));

  test.each([
    [340, "340 ms"],
    [4_210, "4.2 s"],
    [59_960, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [8_040_000, "2 h 14 min"],
    [90_000_000, "1 d 1 h"],
  ])("duration of %d", (value, text) => expect(duration(value)).toBe(text));

  test.each([
    [2_000, "now"],
    [42_000, "42 s ago"],
    [3_599_000, "59 min ago"],
    [7_200_000, "2 h ago"],
    [86_400_000, "1 day ago"],
    [700_000_000, "8 days ago"],
  ])("%d milliseconds ago", (value, text) => expect(ago(0, value)).toBe(text));

  test("a change needs something to compare with", () => {
    expect([change(112, 100), change(60, 100), change(100, 100), change(1, 0)]).toEqual(["+12 %", "−40 %", "±0 %", null]);
  });

  test("a project is called by its folder", () => {
    expect(["/home/me/src/app/", "C:\\src\\app", "/"].map(folder)).toEqual(["app", "app", "/"]);
  });
});

describe("dollars as people type them", () => {
  test.each([
    ["5", 5_000_000_000],
    ["$12.50", 12_500_000_000],
    ["0.000000001", 1],
    ["1,000", 1_000_000_000_000],
    ["0.1", 100_000_000],
  ])("%s is an amount", (text, value) => expect(nanos(text)).toBe(value));

  test.each(["", "five", "-1", "1.2.3", "1e3", "12,50", "0.0000000001", "99999999"])("%s is none", (text) => expect(nanos(text)).toBeNaN());

  test.each([
    [5_000_000_000, "5"],
    [12_500_000_000, "12.50"],
    [1, "0.000000001"],
  ])("%d is shown as it is typed", (value, text) => {
    expect(dollars(value)).toBe(text);
    expect(nanos(text)).toBe(value);
  });
});

test("a day is forecast only from enough of it", () => {
  const day = { starts_at: 86_400, resets_at: 172_800 };
  const at = (hour: number) => (day.starts_at + hour * 3_600) * 1_000;
  expect(forecast(1_000, at(12), day)).toBe(2_000);
  expect(forecast(1_000, at(1), day)).toBeNull();
  expect(forecast(1_000, at(23.9), day)).toBeNull();
  expect(forecast(1_000, at(-2), day), "a day that has not begun").toBeNull();
  expect(forecast(0, at(12), day)).toBeNull();
  // The day on which clocks are set back has 25 hours.
  expect(forecast(1_000, at(12.5), { ...day, resets_at: day.resets_at + 3_600 })).toBe(2_000);
});

test("a day ends at midnight, or when the service's zone says so", () => {
  const now = new Date(2026, 10, 4, 12).getTime();
  expect(midnight(new Date(2026, 10, 5).getTime(), now)).toBeNull();
  expect(midnight(new Date(2026, 10, 4, 22).getTime(), now)).toBe("22:00");
  expect(midnight(new Date(2026, 10, 5, 1).getTime(), now)).toBe("5 Nov, 01:00");
});
