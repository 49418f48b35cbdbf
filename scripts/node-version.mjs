/** First in every script: with an older Node native modules crash without a word. */
if (Number(process.versions.napi ?? 0) < 10) {
  process.stderr.write(`Node ${process.version} is too old for this. Run it through npm, which brings its own Node: npm start, npm test.\n`)
  process.exit(1)
}
