# Written by gemmtune. Change what you like, and run gnuplot on this file in its folder.
set terminal svg size 900,692 dynamic font 'Helvetica,Arial,sans-serif,14' background '#ffffff'
set pointsize 0.7
if (!exists('picture')) picture = './a_token.svg'
if (picture ne '') set output picture
data = './a_token.dat'
set title 'qwen3-235b-a22b, decode, TP 4, EP 8: GEMMs alone, NVIDIA H100 80GB HBM3' noenhanced
set key at screen 0.07, screen 0.113 left top reverse Left noenhanced samplen 2 spacing 1.2 maxrows 3
set logscale xy
set samples 1000
set grid lc rgb '#cccccc' lt 1 lw 0.5
set border 3
set tics nomirror
set format '%g'
set lmargin at screen 0.09
set rmargin at screen 0.97
set bmargin at screen 0.214
set tmargin at screen 0.93
set xlabel 'tokens in a step'
set ylabel 'us a token'
set xrange [12.8:160]
set yrange [79.55:989.1]
set xtics (16, 64, 128)
set ytics (100, 200, 500)
plot data index 0 using 1:2 with linespoints pt 7 lw 1.5 lc rgb '#0072b2' title 'ours', \
     data index 1 using 1:2 with linespoints pt 4 lw 1.5 lc rgb '#d55e00' title 'cuBLASLt, same block scales (rest ours)', \
     data index 2 using 1:2 with linespoints pt 8 lw 1.5 lc rgb '#009e73' title 'cuBLASLt, per-tensor FP8 (rest ours)', \
     data index 3 using 1:2 with linespoints pt 12 lw 1.5 lc rgb '#cc79a7' title 'cuBLASLt, BF16 (rest ours)', \
     data index 4 using 1:2 with linespoints pt 3 lw 1.5 lc rgb '#e69f00' title 'DeepGEMM (rest ours)'
