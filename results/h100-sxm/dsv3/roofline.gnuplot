# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.
set terminal svg size 900,620 dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
set pointsize 0.7
if (!exists('picture')) picture = 'roofline.svg'
set output picture
data = 'roofline.dat'
set title 'dsv3: NVIDIA H100 80GB HBM3' noenhanced
set label 'HBM read: 3154 GB/s' at 19.5060,61.5189 center rotate by 35.7 offset 0,0.7 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma: 1804 TFLOPS' at 571.8610,1803.5575 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma, promoted: 1731 TFLOPS' at 400.3216,1262.5498 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'BF16 wgmma: 867 TFLOPS' at 274.8501,866.8330 right offset -1,0 noenhanced textcolor rgb '#444444'
set key bottom right reverse Left noenhanced samplen 1 spacing 1.2
set logscale xy
set samples 1000
set grid lc rgb '#cccccc' lt 1 lw 0.5
set border 3
set tics nomirror
set format '%g'
set lmargin at screen 0.09
set rmargin at screen 0.97
set bmargin at screen 0.11
set tmargin at screen 0.91
set xlabel 'FLOP per compulsory byte'
set ylabel 'TFLOPS'
set xrange [0.6653:5880.7]
set yrange [0.9782:2705.3]
plot 3153.8 * x / 1000 <= 1803.6 ? 3153.8 * x / 1000 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 571.86 ? 1803.6 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 549.00 ? 1731.5 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 274.85 ? 866.8 : 1/0 with lines lw 1.5 dt 2 lc rgb '#555555' notitle, \
     data index 0 using 1:2 with points pt 4 lw 1.5 lc rgb '#D55E00' title 'cuBLASLt, BF16', \
     data index 1 using 1:2 with points pt 8 lw 1.5 lc rgb '#009E73' title 'cuBLASLt, same block scales', \
     data index 2 using 1:2 with points pt 12 lw 1.5 lc rgb '#CC79A7' title 'cuBLASLt, per-tensor FP8', \
     data index 3 using 1:2 with points pt 7 lw 1.5 lc rgb '#0072B2' title 'gemmtune'
