# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.
set terminal svg size 900,620 dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
set pointsize 0.7
if (!exists('picture')) picture = 'roofline.svg'
set output picture
data = 'roofline.dat'
set title 'dsv3: NVIDIA H100 80GB HBM3' noenhanced
set label 'HBM read: 3145 GB/s' at 19.6022,61.6473 center rotate by 35.7 offset 0,0.7 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma: 1816 TFLOPS' at 577.5139,1816.2313 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'FP8 wgmma, promoted: 1744 TFLOPS' at 404.1514,1271.0213 right offset -1,0 noenhanced textcolor rgb '#444444'
set label 'BF16 wgmma: 928 TFLOPS' at 282.8302,889.4765 right offset -1,0 noenhanced textcolor rgb '#444444'
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
set yrange [0.9782:2724.3]
plot 3144.9 * x / 1000 <= 1816.2 ? 3144.9 * x / 1000 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 577.51 ? 1816.2 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 554.48 ? 1743.8 : 1/0 with lines lw 1.5 dt 1 lc rgb '#555555' notitle, \
     x >= 294.96 ? 927.6 : 1/0 with lines lw 1.5 dt 2 lc rgb '#555555' notitle, \
     data index 0 using 1:2 with points pt 4 lw 1.5 lc rgb '#D55E00' title 'cuBLASLt, BF16', \
     data index 1 using 1:2 with points pt 8 lw 1.5 lc rgb '#009E73' title 'cuBLASLt, same block scales', \
     data index 2 using 1:2 with points pt 12 lw 1.5 lc rgb '#CC79A7' title 'cuBLASLt, per-tensor FP8', \
     data index 3 using 1:2 with points pt 7 lw 1.5 lc rgb '#0072B2' title 'gemmtune'
