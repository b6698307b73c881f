// Loads pictures through gdk-pixbuf: whole ones, and damaged ones.
//   pixbuf PICTURE.vz PICTURE.png       are the same pixels
//   pixbuf COUNT SEED FILE...           damages files; the process must not end by it
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static guint64 state;

/// SplitMix64 (Steele, Lea, Flood 2014), below `limit`.
static gsize below(gsize limit) {
  guint64 z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return (z ^ z >> 31) % limit;
}

static int compare(const char *one, const char *other) {
  GError *error = NULL;
  GdkPixbuf *a = gdk_pixbuf_new_from_file(one, &error);
  if (!a) return fprintf(stderr, "%s: %s\n", one, error->message), 1;
  GdkPixbuf *b = gdk_pixbuf_new_from_file(other, &error);
  if (!b) return fprintf(stderr, "%s: %s\n", other, error->message), 1;
  gint width = gdk_pixbuf_get_width(a), height = gdk_pixbuf_get_height(a),
       channels = gdk_pixbuf_get_n_channels(a);
  if (width != gdk_pixbuf_get_width(b) || height != gdk_pixbuf_get_height(b) ||
      channels != gdk_pixbuf_get_n_channels(b))
    return fprintf(stderr, "%s: another size or format than %s\n", one, other), 1;
  for (gint y = 0; y < height; y++)
    if (memcmp(gdk_pixbuf_get_pixels(a) + y * gdk_pixbuf_get_rowstride(a),
               gdk_pixbuf_get_pixels(b) + y * gdk_pixbuf_get_rowstride(b), (gsize)(width * channels)))
      return fprintf(stderr, "%s: row %d differs from that of %s\n", one, y, other), 1;
  GdkPixbuf *small = gdk_pixbuf_new_from_file_at_size(one, 16, 16, &error);
  if (!small || gdk_pixbuf_get_width(small) > 16) return fprintf(stderr, "%s: not scaled\n", one), 1;
  g_object_unref(small);
  // Of a preview, if the picture is large enough.
  small = gdk_pixbuf_new_from_file_at_scale(one, MAX(1, width / 20), MAX(1, height / 20), FALSE, &error);
  if (!small || gdk_pixbuf_get_width(small) != MAX(1, width / 20))
    return fprintf(stderr, "%s: not scaled\n", one), 1;
  g_object_unref(small);
  g_object_unref(b);
  g_object_unref(a);
  return 0;
}

/// Gives bytes to a loader in pieces. Returns whether a picture came of it.
static gboolean load(const guint8 *bytes, gsize size) {
  GError *error = NULL;
  GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("vaezip", &error);
  if (!loader) {
    fprintf(stderr, "%s\n", error->message);
    exit(1);
  }
  gboolean whole = TRUE;
  for (gsize done = 0; done < size && whole;) {
    gsize piece = 1 + below(size - done);
    whole = gdk_pixbuf_loader_write(loader, bytes + done, piece, &error);
    done += piece;
  }
  if (!gdk_pixbuf_loader_close(loader, whole ? &error : NULL)) whole = FALSE;
  if (!whole && (!error || !error->message[0])) abort();
  if (whole && !gdk_pixbuf_loader_get_pixbuf(loader)) abort();
  g_clear_error(&error);
  g_object_unref(loader);
  return whole;
}

static int damage(int count, char **files, int file_count) {
  int loaded = 0;
  for (int i = 0; i < count; i++) {
    gchar *original;
    gsize size;
    if (!g_file_get_contents(files[i % file_count], &original, &size, NULL)) return 1;
    if (!below(5)) size = below(size + 1);
    for (gsize changes = below(4); changes && size; changes--)
      original[below(below(2) ? size : MIN(size, 64))] = (gchar)below(256);
    guint8 *exact = malloc(size ? size : 1);
    memcpy(exact, original, size);
    alarm(60);
    loaded += load(exact, size);
    free(exact);
    g_free(original);
  }
  printf("pixbuf: %d damaged files, %d of them loaded\n", count, loaded);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3) return compare(argv[1], argv[2]);
  if (argc < 4) return fprintf(stderr, "usage: pixbuf PICTURE.vz PICTURE.png | COUNT SEED FILE...\n"), 2;
  state = strtoul(argv[2], NULL, 10);
  return damage(atoi(argv[1]), argv + 3, argc - 3);
}
