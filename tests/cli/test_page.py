"""The page of `report --format html` in a real headless Chromium: from disk, without a network."""
import csv
import io
import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest
import urllib.parse

from browser import Browser
from test_report import HEADER, ceilings_of, row, text

GEMMTUNE = os.environ["GEMMTUNE_BINARY_PATH"]
SOURCE = pathlib.Path(os.environ["GEMMTUNE_SOURCE_DIR"])
HOSTILE = "</script><img src=x onerror='window.pwned=1'><script>window.pwned=1</script>\"&<b>"
LAYERS = [("q_b", 24576, 1536), ("o_proj", 7168, 16384), (HOSTILE, 2112, 7168)]
MS = [1, 16, 64, 4096]


def measured(index, time_us, provider, m, layer, stage="final", device="NVIDIA H100 80GB HBM3"):
    """A row as sweeps write it. Candidate 0 of each problem is its winner."""
    name, n, k = layer
    made = row(index, time_us, provider, m, stage)
    made["problem"] |= {"name": name, "n": n, "k": k}
    if provider == "gemmtune":
        made["config"] = {"block_m": 64 << index % 3, "block_n": 16 + 8 * (index // 3 % 24), "stages": 2 + index // 72,
                          "cluster_m": 1, "cluster_n": 1, "num_sms": 132}
    if provider == "gemmtune" and stage == "final" and index == 0:
        made["counters"] = {"dram_read_bytes": m * k + n * k, "dram_write_bytes": 2 * m * n, "l2_bytes": None,
                            "sm_read_bytes": None, "multicast_bytes": None, "fp8_ops": 2 * m * n * k,
                            "tensor_active_percent": 12.5}
    size = 2 if provider == "cublas_bf16" else 1
    return made | {"id": f"{provider}-{m}-{n}-{index}-{stage}", "flops": 2 * m * n * k, "device": device,
                   "bytes": size * (m * k + n * k) + 2 * m * n, "sm_clock_mhz": 1755, "error_rms": 2.7e-5,
                   "simulated": device.startswith("simulated")}


def journal(candidates, device="NVIDIA H100 80GB HBM3", factor=1.0):
    """Two finalists, two libraries and `candidates` screened rows of each problem."""
    rows = []
    for layer in LAYERS:
        for m in MS:
            best = factor * (20 + m / 8 + layer[2] / 1000)
            rows += [measured(0, best, "gemmtune", m, layer, device=device),
                     measured(1, 1.05 * best, "gemmtune", m, layer, device=device),
                     measured(0, 1.2 * best, "cublaslt_block", m, layer, device=device),
                     measured(0, 1.9 * best, "cublas_bf16", m, layer, device=device)]
            rows += [measured(i, best * (1 + i / 100), "gemmtune", m, layer, "screen", device) for i in range(candidates)]
    environment = HEADER["environment"] | {"device": device, "simulated": device.startswith("simulated")}
    return text(HEADER | {"environment": environment}, *rows)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="gemmtune-page-")
        cls.addClassCleanup(scratch.cleanup)
        cls.root = pathlib.Path(scratch.name)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.js = cls.browser.run
        cls.small = cls.page("small", journal(20))

    @classmethod
    def page(cls, name, *journals, ceilings=None):
        folders = []
        for index, lines in enumerate(journals):
            folders.append(cls.root / f"{name}{index or ''}")
            folders[-1].mkdir()
            (folders[-1] / "journal.jsonl").write_text(lines)
            if ceilings:
                (folders[-1] / "ceilings.json").write_text(json.dumps(ceilings))
        page = cls.root / f"{name}.html"
        subprocess.run([GEMMTUNE, "report", *folders, "--format", "html", "-o", page], check=True)
        return page

    def setUp(self):
        self.browser.size(1280)
        self.browser.open(self.small)

    def tearDown(self):
        self.assertEqual(self.browser.complaints, [])
        self.assertEqual({url.split(":")[0] for url in self.browser.requests}, {"file"})

    def choose(self, label, value):
        self.js("""{ const select = [...document.querySelectorAll('label')].find(l => l.textContent.startsWith(%s)).querySelector('select');
                      select.value = %s; select.dispatchEvent(new Event('change')); }""" % (json.dumps(label), json.dumps(value)))

    def column(self, header):
        return self.js("""(() => { const table = document.querySelector('#table table');
            const at = [...table.querySelectorAll('th')].findIndex(th => th.textContent === %s);
            return [...table.querySelectorAll('tbody tr')].map(tr => tr.children[at].textContent); })()""" % json.dumps(header))

    def datasets(self, canvas, of="dataset.label"):
        return self.js(f"Chart.getChart(document.querySelector('{canvas}')).data.datasets.map(dataset => {of})")

    def test_asks_for_nothing_but_itself(self):
        self.assertEqual(self.browser.requests, [self.small.as_uri()])

    def test_labels_of_near_m_do_not_overlap(self):
        page = self.root / "mid.html"
        subprocess.run([GEMMTUNE, "report", SOURCE / "results/h100-sxm/dsv3-mid", "--format", "html", "-o", page], check=True)
        for width in (1280, 400):
            self.browser.size(width)
            self.browser.open(page)
            places = self.js("""(() => { const {x} = Chart.getChart(document.querySelector('#times')).scales;
                return x.ticks.map(({value}) => x.getPixelForValue(value)); })()""")
            self.assertGreater(len(places), 4)
            for before, after in zip(places, places[1:]):
                self.assertGreater(after - before, 24, (width, places))
        self.assertNotIn("Above 1", self.js("document.querySelector('#speedup .note').textContent"), "no library was timed")

    def test_draws_every_chart(self):
        for canvas in ("#roofline canvas", "#times", "#ratios"):
            colours = self.js(f"""(() => {{ const canvas = document.querySelector('{canvas}');
                const pixels = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
                return new Set(pixels).size; }})()""")
            self.assertGreater(colours, 20, canvas)
        self.assertEqual(len([label for label in self.datasets("#roofline canvas") if label]), 3)
        self.assertEqual(len(self.column("µs")), len(LAYERS) * len(MS))
        self.assertEqual(self.js("document.querySelectorAll('#heatmap td.best').length"), 1)

    def test_says_problem_configuration_and_figures_under_the_pointer(self):
        x, y = self.js("""(() => { const canvas = document.querySelector('#roofline canvas'), chart = Chart.getChart(canvas);
            canvas.scrollIntoView();
            const box = canvas.getBoundingClientRect(), point = chart.getDatasetMeta(0).data[0];
            return [box.left + point.x, box.top + point.y]; })()""")
        self.browser.move_mouse(x, y)
        said = self.js("""(() => { const { tooltip } = Chart.getChart(document.querySelector('#roofline canvas'));
            return tooltip.opacity ? [...tooltip.title, ...tooltip.body.flatMap(({ lines }) => lines)].join('; ') : ''; })()""")
        for words in ("M 1, N ", "gemmtune", "64x16", " µs ±", " TFLOPS", "% of its roof (HBM, datasheet)", "1755 MHz",
                      "counted: 15.1 MB read from memory, 12.5 % of cycles"):
            self.assertIn(words, said)
        self.assertIn("What the GPU counted", self.js("document.querySelector('#views').textContent"))

    def test_shows_measured_roofs_and_the_L2_on_demand(self):
        self.browser.open(self.page("roofs", journal(3), ceilings=ceilings_of(
            "NVIDIA H100 80GB HBM3", hbm_read=(2900, "GB/s"), l2_read=(6000, "GB/s"), fp8_wgmma=(1700, "TFLOPS"),
            fp8_wgmma_promoted=(1600, "TFLOPS"))))
        roofs = "dataset.roof ? dataset.roof.text : null"
        self.assertEqual([roof for roof in self.datasets("#roofline canvas", roofs) if roof],
                         ["HBM read: 2900 GB/s", "FP8 wgmma: 1700 TFLOPS", "FP8 wgmma, promoted: 1600 TFLOPS",
                          "BF16, datasheet: 989 TFLOPS at 1830 MHz"])
        self.js("document.querySelectorAll('#roofline input')[1].click()")
        self.assertIn("L2 read: 6000 GB/s", self.datasets("#roofline canvas", roofs))
        self.assertIn("gemmtune, by bytes asked of the L2", self.datasets("#roofline canvas"))

    def test_filters_every_section(self):
        self.choose("M", "64")
        self.assertEqual(self.column("M"), ["64"] * len(LAYERS))
        self.choose("N × K", "7168 × 16384  o_proj")
        self.assertEqual(self.column("layer"), ["o_proj"])
        self.assertEqual(self.datasets("#roofline canvas", "dataset.data.length")[:3], [1, 1, 1])
        self.assertEqual(self.datasets("#ratios", "dataset.data.length"), [1, 1])
        self.assertEqual(self.js("document.querySelectorAll('#heatmap option').length"), 1 + 2 * 2)
        self.assertIn("geometric mean of 1,", self.js("document.querySelector('#summary').textContent"))

    def test_a_narrow_window_shows_the_time_of_every_layer(self):
        self.browser.size(400)
        self.browser.open(self.small)
        right = self.js("""(() => { const shown = document.querySelector('#table .scroll').getBoundingClientRect();
            const time = [...document.querySelectorAll('#table th')].find(th => th.textContent === 'µs').getBoundingClientRect();
            return [time.right, shown.right]; })()""")
        self.assertLess(*right)

    def test_the_table_scrolls_in_itself_below_its_header_and_beside_layer_and_m(self):
        for width in (1280, 400):
            self.browser.size(width)
            self.browser.open(self.small)
            self.choose("show", "rows")
            places = """(() => { const box = document.querySelector('#table .scroll'), at = box.getBoundingClientRect();
                return ['th', 'th:nth-child(2)', 'td', 'td:nth-child(2)'].map(cell => {
                    const place = box.querySelector(cell).getBoundingClientRect();
                    return [place.left - at.left, cell.startsWith('th') ? place.top - at.top : 0]; }); })()"""
            before = self.js(places)
            scrolled = self.js("""(() => { const box = document.querySelector('#table .scroll');
                box.scrollTo(120, 500); return [box.scrollLeft, box.scrollTop]; })()""")
            self.assertEqual(scrolled[1], 500)
            self.assertGreater(scrolled[0], 60)
            self.assertEqual(self.js(places), before)
            self.assertLess(self.js("document.querySelector('#table .scroll').clientHeight"), 900)

    def test_breaks_no_name_of_a_parameter(self):
        self.choose("show", "rows")
        heights = self.js("[...document.querySelectorAll('#table tbody tr')].map(tr => tr.offsetHeight)")
        self.assertLess(max(heights), 40, "one line each")

    def test_links_to_every_section(self):
        links = self.js("[...document.querySelectorAll('nav a')].map(a => a.textContent)")
        self.assertEqual(links, self.js("""[...document.querySelectorAll('main > section')].filter(s => !s.hidden)
            .map(s => s.querySelector('h2').textContent)"""))
        self.js("[...document.querySelectorAll('nav a')].find(a => a.textContent === 'Results').click()")
        top = self.js("document.querySelector('#table h2').getBoundingClientRect().top")
        bar = self.js("document.querySelector('#bar').getBoundingClientRect().bottom")
        self.assertTrue(bar - 1 <= top < bar + 60, (top, bar))

    def search(self, words):
        self.js("""{ const input = document.querySelector('#table input[type=search]'); input.value = %s;
                      input.dispatchEvent(new Event('input')); }""" % json.dumps(words))

    def test_finds_rows_by_words(self):
        self.choose("show", "rows")
        self.search("O_PROJ m=64 block_m=128")
        self.assertEqual(set(self.column("layer")), {"o_proj"})
        self.assertEqual(set(self.column("M")), {"64"})
        self.assertTrue(all("block_m=128," in text for text in self.column("configuration")))
        self.assertGreater(len(self.column("M")), 3)
        self.search("m=64")
        self.assertEqual(set(self.column("M")), {"64"}, "not block_m=64 of another M")
        self.search("nowhere")
        self.assertEqual(self.column("layer"), [])

    def copied(self, button, row=0):
        """The line that a button of a row shows, as a shell reads it."""
        self.js("""[...document.querySelectorAll('#table tbody tr')[%d].querySelectorAll('button')]
            .find(b => b.textContent === %s).click()""" % (row, json.dumps(button)))
        self.js("new Promise(done => setTimeout(done, 50))")
        return shlex.split(self.js("document.querySelector('#table .line code').textContent"))

    def test_copies_lines_that_the_program_reads(self):
        words = self.copied("profile")
        self.assertEqual(words[:3], ["gemmtune", "profile", "--problem"])
        for button in ("bench", "profile"):
            words = self.copied(button)
            planned = subprocess.run([GEMMTUNE, "plan", *words[2:], "--candidates"], capture_output=True, text=True)
            self.assertEqual(planned.returncode, 0, planned.stderr)
        self.choose("show", "race")
        library = self.column("by").index("cuBLASLt, same block scales")
        self.assertEqual(self.copied("bench", library)[-2:], ["--baselines", "cublaslt_block:0"])

    def test_copied_lines_run_nothing_that_a_file_named(self):
        name = "dense_1d2d';$(touch pwned)`touch pwned`\n\x1b[31m\\"
        lines = [json.loads(line) for line in journal(1).splitlines()]
        for record in lines:
            if record["record"] == "row" and record["provider"] == "gemmtune":
                record["config"] = {"block_m": 64, name: 1}
        self.browser.open(self.page("names", text(*lines)))
        words = self.copied("bench")
        self.assertEqual(len(words), 6)
        self.assertIn("$(touch pwned)`touch pwned`", words[5])
        self.assertFalse(set(words[5]) & set("\n\x1b"))

    def test_the_address_holds_what_was_chosen(self):
        self.choose("M", "64")
        self.choose("show", "race")
        self.search("q_b ±")
        self.js("[...document.querySelectorAll('#table th button')].find(b => b.textContent === 'µs').click()")
        fragment = self.js("location.hash")
        self.browser.open(self.small, fragment)
        self.assertEqual(self.js("location.hash"), fragment)
        self.assertEqual(self.js("[...document.querySelectorAll('select')].map(s => s.value)")[2], "64")
        self.assertEqual(self.js("document.querySelector('#table input').value"), "q_b ±")
        self.assertEqual(self.js("document.querySelectorAll('#table [aria-sort=ascending]').length"), 1)
        self.search("q_b")
        self.assertEqual(set(self.column("layer")), {"q_b"})
        self.browser.open(self.small, "#m=65&show=nothing&folder=9&layer=" + urllib.parse.quote(HOSTILE))
        self.assertEqual(len(self.column("M")), len(LAYERS) * len(MS))
        self.assertEqual(self.js("location.hash"), "")

    def test_downloads_what_the_table_shows(self):
        self.choose("M", "64")
        saved = """(async () => { let saved; const make = URL.createObjectURL;
            URL.createObjectURL = blob => { saved = blob; return 'about:blank#'; };
            HTMLAnchorElement.prototype.click = function () { this.name = this.download; };
            [...document.querySelectorAll('#table button')].find(b => b.textContent === 'download CSV').click();
            URL.createObjectURL = make; delete HTMLAnchorElement.prototype.click;
            return await saved.text(); })()"""
        rows = list(csv.DictReader(io.StringIO(self.js(saved))))
        self.assertEqual([row["layer"] for row in rows], self.column("layer"))
        self.assertEqual([f"{float(row['µs']):.2f}" for row in rows], self.column("µs"))
        self.assertIn("block_m=64,block_n=16,", rows[0]["configuration"])

    def test_sorts_by_a_click_and_the_other_way_by_another(self):
        click = "[...document.querySelectorAll('#table th button')].find(b => b.textContent === 'µs').click()"
        for descending in (False, True):
            self.js(click)
            times = [float(time) for time in self.column("µs")]
            self.assertEqual(times, sorted(times, reverse=descending))
            self.assertEqual(self.js("document.querySelectorAll('#table [aria-sort=%s]').length"
                                      % ("descending" if descending else "ascending")), 1)
        self.assertGreater(len(set(times)), 5)

    def test_survives_ten_thousand_rows_in_a_second(self):
        large, opened = self.page("large", journal(830)), []
        self.assertLess(large.stat().st_size, 1_000_000)
        for _ in range(3):
            self.browser.open(large)
            opened.append(self.js("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        self.assertLess(min(opened), 1000)
        self.choose("show", "rows")
        self.assertIn("100 of 10008 rows", self.js("document.querySelector('#table .more').textContent"))
        drawn = [self.js("""(() => { const start = performance.now(); document.querySelector('#roofline input').click();
            return performance.now() - start; })()""") for _ in range(3)]
        self.assertEqual(self.datasets("#roofline canvas", "dataset.data.length")[-1], 10008 - 24)
        self.assertLess(min(drawn[0::2]), 1000)

    def test_fits_wide_and_narrow_windows(self):
        for width in (1280, 400):
            self.browser.size(width)
            self.browser.open(self.small)
            self.assertLessEqual(self.js("document.documentElement.scrollWidth"), width)
            small = self.js("""[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && e.textContent.trim() &&
                parseFloat(getComputedStyle(e).fontSize) < 12).map(e => e.outerHTML.slice(0, 80))""")
            self.assertEqual(small, [])
            charts = self.js("[...document.querySelectorAll('canvas')].map(c => [c.clientWidth, c.clientHeight])")
            for canvas_width, height in charts:
                self.assertTrue(300 < canvas_width <= width and height > 250, charts)

    def test_needs_no_colour(self):
        markers = self.datasets("#roofline canvas", "dataset.roof ? null : dataset.pointStyle")
        markers = [marker for marker in markers if marker]
        self.assertEqual(len(set(markers)), 3)
        self.assertRegex(self.js("document.querySelector('#heatmap td.best').textContent"), "1.00")

    def test_prints_without_controls(self):
        self.assertTrue(self.browser.pdf().startswith(b"%PDF"))
        self.browser.call("Emulation.setEmulatedMedia", media="print")
        self.addCleanup(self.browser.call, "Emulation.setEmulatedMedia", media="")
        self.assertEqual(self.js("[...document.querySelectorAll('.controls')].filter(e => e.checkVisibility()).length"), 0)
        self.browser.call("Emulation.setDeviceMetricsOverride", width=720, height=1000, deviceScaleFactor=1, mobile=False)
        # Charts follow the page a moment later, on a busy machine a long one.
        self.js("""new Promise(done => { const until = Date.now() + 10000, look = () =>
            document.documentElement.scrollWidth <= 720 || Date.now() > until ? done() : setTimeout(look, 50); look(); })""")
        self.assertLessEqual(self.js("document.documentElement.scrollWidth"), 720)  # A4 with margins
        self.assertGreater(self.js("document.querySelector('#roofline canvas').clientHeight"), 300)

    def test_takes_no_orders_from_names(self):
        self.assertIn(HOSTILE, self.column("layer"))
        self.assertFalse(self.js("'pwned' in window"))
        self.assertEqual(self.js("document.querySelectorAll('img, b > script').length"), 0)

    def test_writes_no_roof_over_points_and_shows_where_each_bends(self):
        for device, page in (("NVIDIA H100 80GB HBM3", self.small), ("simulated H100 SXM", None)):
            page = page or self.page("one-problem", journal(1, device))
            for width in (1280, 400):
                self.browser.size(width)
                self.browser.open(page)
                written = self.js("""(() => { const texts = [], write = CanvasRenderingContext2D.prototype.fillText;
                    CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { texts.push(text); return write.call(this, text, ...rest); };
                    Chart.getChart(document.querySelector('#roofline canvas')).draw();
                    CanvasRenderingContext2D.prototype.fillText = write;
                    return texts; })()""")
                self.assertFalse([text for text in written if "datasheet" in text])
                listed = self.js("[...document.querySelectorAll('#roofline .roofs li')].map(li => li.textContent)")
                self.assertEqual(len(listed), 3)
                self.assertTrue(any("1979 TFLOPS" in text for text in listed), listed)
                self.assertEqual(len(set(self.js("[...document.querySelectorAll('.roofs line')].map(l => l.getAttribute('stroke-dasharray'))"))), 2)
                least, most = self.js("""(() => { const { min, max } = Chart.getChart(document.querySelector('#roofline canvas')).scales.x;
                    return [min, max]; })()""")
                self.assertTrue(least < 989e3 / 3350 and 1979e3 / 3350 < most, (least, most))

    def test_sets_folders_side_by_side_and_says_what_changed(self):
        page = self.page("changes", journal(3), journal(3, factor=0.9), journal(3, factor=1.3))
        self.browser.open(page)
        self.assertEqual(self.js("document.querySelectorAll('#summary .card').length"), 2, "one a library")
        self.assertEqual(self.js("document.querySelectorAll('#summary .card tr').length"), 6)
        lines = self.js("[...document.querySelectorAll('#changes p')].map(p => p.textContent)")
        self.assertIn("Time changed by −", lines[0])
        self.assertIn("of 12 problems", lines[0])
        self.assertIn("12 became slower and 0 faster", lines[1])
        rows = self.js("""[...document.querySelectorAll('#changes table')].map(table => [...table.querySelectorAll('tbody tr')]
            .map(tr => [...tr.children].map(td => td.textContent)))""")
        for table, factor in zip(rows, (0.9, 1.3)):
            self.assertEqual(len(table), 12)
            for row in table:
                base, now, difference, ratio = map(float, row[4:8])
                self.assertAlmostEqual(now / base, factor, 2)
                self.assertAlmostEqual(now - base, difference, 1)
                self.assertAlmostEqual(ratio, factor, 2)
                self.assertEqual(row[8:10], ["apart", "same"])
            changes = [float(row[2].replace("−", "-").rstrip(" %")) for row in table]
            self.assertEqual(changes, sorted(changes, reverse=True))
        pixels = self.js("""(() => { const chart = Chart.getChart(document.querySelector('#roofline canvas'));
            return [0, 1, 2].map(source => { const at = chart.data.datasets.findIndex(({label}) => label ===
                `${data.sources[source].label}: gemmtune`); return chart.getDatasetMeta(at).data[0].x; }); })()"""
                         .replace("data.sources[source].label", "'changes' + (source || '')"))
        self.assertGreater(pixels[1] - pixels[0], 5)
        self.assertGreater(pixels[2] - pixels[1], 5)
        apart = self.js("""(() => { const chart = Chart.getChart(document.querySelector('#times'));
            const at = chart.data.datasets.map(({label}, index) => label.endsWith('gemmtune') ? index : -1).filter(index => index >= 0);
            return at.map(index => chart.getDatasetMeta(index).data[0].x); })()""")
        self.assertEqual(len(apart), 3)
        self.assertTrue(apart[0] + 5 < apart[1] < apart[2] - 5, apart)
        self.choose("folder", "1")
        self.assertTrue(self.js("document.querySelector('#changes').hidden"))

    def test_overlays_folders_and_marks_the_simulated_on_every_picture(self):
        page = self.page("overlay", journal(3), journal(3, "simulated H100 SXM", 1.3))
        self.browser.open(page)
        labels = [label for label in self.datasets("#roofline canvas") if label]
        self.assertEqual(len(labels), 6)
        self.assertIn("overlay: gemmtune", labels)
        self.assertIn("overlay1 (simulated): gemmtune", labels)
        self.assertEqual(len(set(self.datasets("#ratios", "dataset.borderColor"))), 2)
        ours = self.datasets("#roofline canvas", "dataset.label?.endsWith('gemmtune') && dataset.pointStyle")
        self.assertEqual(len(set(filter(None, ours))), 2)
        written = self.js("""(() => { const texts = [], write = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { texts.push(text); return write.call(this, text, ...rest); };
            for (const canvas of document.querySelectorAll('canvas')) Chart.getChart(canvas).draw();
            CanvasRenderingContext2D.prototype.fillText = write;
            return texts.filter(text => text === 'PARTLY SIMULATED').length; })()""")
        self.assertEqual(written, 3)
        self.assertIn("none of them was measured", self.js("document.querySelector('#simulated').innerText"))
        self.choose("folder", "0")
        self.assertEqual(len([label for label in self.datasets("#roofline canvas") if label]), 3)

    def test_of_an_empty_journal_says_what_to_do(self):
        self.browser.open(self.page("empty", ""))
        self.assertIn("gemmtune sweep", self.js("document.body.innerText"))


if __name__ == "__main__":
    unittest.main()
