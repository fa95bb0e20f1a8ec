// Student's t distribution, for tests on few runs.
#pragma once

namespace gemmtune::stats {

/// Probability that |T| is at least |t|. `degrees` > 0; infinity is the normal distribution.
double student_t_p_value(double t, double degrees);

/// The t whose p value this is; 0 < p_value <= 1.
double student_t_limit(double p_value, double degrees);

}  // namespace gemmtune::stats
