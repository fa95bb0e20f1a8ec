# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.
set terminal svg size 900,620 dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
set pointsize 0.7
if (!exists('picture')) picture = 'roofline.svg'
set output picture
data = 'roofline.dat'
set title 'dsv3: NVIDIA H100 80GB HBM3' noenhanced
set label 'HBM read: 3153 GB/s' at 19.4883,61.4502 center rotate by 35.7 offset 0,0.7 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma: 1800 TFLOPS' at 570.8204,1799.9015 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma, promoted: 1719 TFLOPS' at 399.5655,1259.9035 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'BF16 wgmma: 920 TFLOPS' at 279.6898,881.9132 right offset -1,0 noenhanced textcolor rgb '#444444'
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
set yrange [0.9747:2699.9]
plot 3153.2 * x / 1000 <= 1799.9 ? 3153.2 * x / 1000 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 570.82 ? 1799.9 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 545.12 ? 1718.8 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 291.65 ? 919.6 : 1/0 with lines lw 1.5 dt 2 lc rgb '#555555' notitle, \
     data index 0 using 1:2 with points pt 4 lw 1.5 lc rgb '#D55E00' title 'cuBLASLt, BF16', \
     data index 1 using 1:2 with points pt 8 lw 1.5 lc rgb '#009E73' title 'cuBLASLt, same block scales', \
     data index 2 using 1:2 with points pt 12 lw 1.5 lc rgb '#CC79A7' title 'cuBLASLt, per-tensor FP8', \
     data index 3 using 1:2 with points pt 7 lw 1.5 lc rgb '#0072B2' title 'gemmtune'
