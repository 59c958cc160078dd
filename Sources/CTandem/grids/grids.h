// Rows of small numbers that the IQ types choose from, packed as their files say.
#ifndef GRIDS_H
#define GRIDS_H

#include <stdint.h>

extern const uint16_t tk_iq1_grid[2048];
extern const uint16_t tk_iq2_xxs_grid[256];
extern const uint16_t tk_iq2_xs_grid[512];
extern const uint16_t tk_iq2_s_grid[1024];
extern const uint16_t tk_iq3_xxs_grid[256];
extern const uint16_t tk_iq3_s_grid[512];

#endif
