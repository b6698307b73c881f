#pragma once
// jpeglib.h uses FILE and size_t without their headers.
#include <stddef.h>
#include <stdio.h>

#include <jpeglib.h>
