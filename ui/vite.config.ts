import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { t } from "./src/messages.ts";

/** Most bytes of the whole page, each file compressed by gzip. */
const MOST_BYTES = 150_000;

/** Prints how large the page is, and fails the build when it is too large. */
function bundleSize(): Plugin {
  let folder = "";
  return {
    name: "bundle-size",
    apply: "build",
    configResolved: (config) => void (folder = path.resolve(config.root, config.build.outDir)),
    closeBundle() {
      const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
      const sizes = entries
        .filter((entry) => entry.isFile())
        .map((entry) => zlib.gzipSync(fs.readFileSync(path.join(entry.parentPath, entry.name))).length);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      console.log(`The page is ${(total / 1000).toFixed(1)} kB (gzip), of ${MOST_BYTES / 1000} kB at most.`);
      if (total > MOST_BYTES) throw new Error("the page is too large");
    },
  };
}

/** Puts what is shown before the script runs into the document: the first paint waits for the style alone. */
function starting(): Plugin {
  return { name: "starting", transformIndexHtml: (html) => html.replace("<!-- starting -->", t.login.busy) };
}

export default defineConfig({
  plugins: [svelte(), starting(), bundleSize()],
  build: {
    outDir: "dist/page",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
