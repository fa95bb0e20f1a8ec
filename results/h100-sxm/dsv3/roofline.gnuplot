# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.
set terminal svg size 900,740 dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
set pointsize 0.7
if (!exists('picture')) picture = './roofline.svg'
if (picture ne '') set output picture
data = './roofline.dat'
set title 'dsv3: NVIDIA H100 80GB HBM3' noenhanced
set key at screen 0.07, screen 0.170 left top reverse Left noenhanced samplen 2 spacing 1.2 maxrows 5
set logscale xy
set samples 1000
set grid lc rgb '#cccccc' lt 1 lw 0.5
set border 3
set tics nomirror
set format '%g'
set lmargin at screen 0.09
set rmargin at screen 0.97
set bmargin at screen 0.265
set tmargin at screen 0.93
set xlabel 'FLOP per compulsory byte'
set ylabel 'TFLOPS'
set xrange [0.6653:5932.1]
set yrange [0.9764:2705.3]
plot data index 0 using 1:2 with points pt 12 lw 1.5 lc rgb '#cc79a7' title 'cuBLASLt, BF16', \
     data index 1 using 1:2 with points pt 4 lw 1.5 lc rgb '#d55e00' title 'cuBLASLt, same block scales', \
     data index 2 using 1:2 with points pt 8 lw 1.5 lc rgb '#009e73' title 'cuBLASLt, per-tensor FP8', \
     data index 3 using 1:2 with points pt 3 lw 1.5 lc rgb '#e69f00' title 'DeepGEMM (carried)', \
     data index 4 using 1:2 with points pt 7 lw 1.5 lc rgb '#0072b2' title 'gemmtune', \
     3153.8 * x / 1000 <= 1803.6 ? 3153.8 * x / 1000 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' title 'HBM read: 3154 GB/s', \
     x >= 571.86 ? 1803.6 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' title 'FP8 wgmma: 1804 TFLOPS', \
     x >= 549.00 ? 1731.5 : 1/0 with lines lw 1.5 dt 4 lc rgb '#555555' title 'FP8 wgmma, promoted: 1731 TFLOPS', \
     x >= 274.85 ? 866.8 : 1/0 with lines lw 1.5 dt 2 lc rgb '#555555' title 'BF16 wgmma: 867 TFLOPS'
