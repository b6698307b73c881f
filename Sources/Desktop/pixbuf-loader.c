/// A loader for gdk-pixbuf: GTK programs and file managers show .vz files through it.
///
/// The file is collected in memory and decoded when it is complete.
#define GDK_PIXBUF_ENABLE_BACKEND
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <vaezip.h>

/// Most pixels of a picture; a desktop shows no larger one.
enum { largest_picture = 1 << 28 };

typedef struct {
  GdkPixbufModuleSizeFunc size;
  GdkPixbufModulePreparedFunc prepared;
  GdkPixbufModuleUpdatedFunc updated;
  gpointer data;
  GByteArray *bytes;
} Loading;

static void set_error(GError **error, const vaezip_error *cause) {
  gint code = GDK_PIXBUF_ERROR_CORRUPT_IMAGE;
  if (cause->status == VAEZIP_ERROR_LIMIT) code = GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY;
  if (cause->status == VAEZIP_ERROR_FORMAT) code = GDK_PIXBUF_ERROR_UNKNOWN_TYPE;
  if (cause->status == VAEZIP_ERROR_UNSUPPORTED || cause->status == VAEZIP_ERROR_MODEL)
    code = GDK_PIXBUF_ERROR_UNSUPPORTED_OPERATION;
  g_set_error_literal(error, GDK_PIXBUF_ERROR, code, cause->message);
}

static guint number(const guint8 *bytes, gsize count, gboolean big) {
  guint value = 0;
  for (gsize i = 0; i < count; i++) value |= (guint)bytes[i] << 8 * (big ? count - 1 - i : i);
  return value;
}

/// The orientation (1 … 8) in Exif data, a TIFF file (Exif 2.32, section 4.6.4); 0 if there is none.
static guint orientation(const guint8 *exif, gsize size) {
  if (size < 8) return 0;
  gboolean big = exif[0] == 'M';
  gsize directory = number(exif + 4, 4, big);
  if (directory > size - 2) return 0;
  guint entries = number(exif + directory, 2, big);
  for (guint i = 0; i < entries && directory + 14 + 12 * (gsize)i <= size; i++) {
    const guint8 *entry = exif + directory + 2 + 12 * (gsize)i;
    if (number(entry, 2, big) == 0x0112) return number(entry + 8, 2, big);
  }
  return 0;
}

/// Tells the pixbuf how the camera was held, so that viewers can turn it.
static void set_orientation(GdkPixbuf *pixbuf, const vaezip_metadata *metadata) {
  for (gsize i = 0; i < vaezip_metadata_count(metadata); i++) {
    char type[5];
    const void *data;
    gsize size;
    if (vaezip_metadata_get(metadata, i, type, &data, &size, NULL) || g_strcmp0(type, "eXIf")) continue;
    guint value = orientation(data, size);
    char text[2] = {(char)('0' + value), 0};
    if (value >= 1 && value <= 8) gdk_pixbuf_set_option(pixbuf, "orientation", text);
  }
}

static GdkPixbuf *decode(const Loading *loading, vaezip_decoder *decoder, const vaezip_file *file,
                         GError **error) {
  gint width = (gint)vaezip_file_get(file, VAEZIP_FILE_WIDTH);
  gint height = (gint)vaezip_file_get(file, VAEZIP_FILE_HEIGHT);
  gboolean has_alpha = vaezip_file_get(file, VAEZIP_FILE_CHANNELS) % 2 == 0;
  gint wanted_width = width, wanted_height = height;
  if (loading->size) loading->size(&wanted_width, &wanted_height, loading->data);

  // A small picture is made of a preview, if that is not smaller still.
  guint scale = 0;
  for (guint side = 16; side >= 8 && !scale && wanted_width > 0 && wanted_height > 0; side /= 2)
    if ((gint64)wanted_width * side <= width && (gint64)wanted_height * side <= height) scale = side;
  if (scale) {
    width = (width + (gint)scale - 1) / (gint)scale;
    height = (height + (gint)scale - 1) / (gint)scale;
  }

  vaezip_error cause;
  gint64 memory = vaezip_decode_memory(decoder, file, NULL, &cause);
  if (memory < 0) return set_error(error, &cause), NULL;
  GdkPixbuf *pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, has_alpha, 8, width, height);
  if (!pixbuf) {
    g_set_error(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY,
                "no memory for a picture of %d × %d pixels", width, height);
    return NULL;
  }
  vaezip_image image = {
    .width = (guint)width, .height = (guint)height, .channels = has_alpha ? 4 : 3, .depth = 8};
  image.stride = gdk_pixbuf_get_rowstride(pixbuf);
  image.pixels = gdk_pixbuf_get_pixels(pixbuf);
  vaezip_status status = scale ? vaezip_preview(decoder, file, NULL, scale, &image, &cause)
                               : vaezip_decode(decoder, file, NULL, &image, &cause);
  if (status) {
    set_error(error, &cause);
    g_object_unref(pixbuf);
    return NULL;
  }
  if (wanted_width > 0 && wanted_height > 0 && (wanted_width != width || wanted_height != height)) {
    GdkPixbuf *scaled = gdk_pixbuf_scale_simple(pixbuf, wanted_width, wanted_height, GDK_INTERP_BILINEAR);
    g_object_unref(pixbuf);
    if (!scaled) {
      g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY,
                          "no memory for scaling");
      return NULL;
    }
    pixbuf = scaled;
  }
  set_orientation(pixbuf, vaezip_file_metadata(file));
  return pixbuf;
}

static gpointer begin_load(GdkPixbufModuleSizeFunc size, GdkPixbufModulePreparedFunc prepared,
                           GdkPixbufModuleUpdatedFunc updated, gpointer data, GError **error) {
  (void)error;
  Loading *loading = g_new0(Loading, 1);
  *loading = (Loading){size, prepared, updated, data, g_byte_array_new()};
  return loading;
}

static gboolean load_increment(gpointer context, const guchar *bytes, guint size, GError **error) {
  Loading *loading = context;
  if (size > G_MAXUINT / 2 - loading->bytes->len) {
    g_set_error_literal(error, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY,
                        "the file is too large");
    return FALSE;
  }
  g_byte_array_append(loading->bytes, bytes, size);
  return TRUE;
}

static gboolean stop_load(gpointer context, GError **error) {
  Loading *loading = context;
  vaezip_error cause;
  GdkPixbuf *pixbuf = NULL;
  vaezip_decoder *decoder = vaezip_decoder_create(&cause);
  vaezip_file *file = NULL;
  if (decoder && !vaezip_decoder_set(decoder, VAEZIP_DECODER_MAX_PIXELS, largest_picture, &cause) &&
      !vaezip_decoder_add_standard_folders(decoder, &cause))
    file = vaezip_file_open(decoder, loading->bytes->data, loading->bytes->len, &cause);
  if (file)
    pixbuf = decode(loading, decoder, file, error);
  else
    set_error(error, &cause);
  if (pixbuf) {
    if (loading->prepared) loading->prepared(pixbuf, NULL, loading->data);
    if (loading->updated)
      loading->updated(pixbuf, 0, 0, gdk_pixbuf_get_width(pixbuf), gdk_pixbuf_get_height(pixbuf),
                       loading->data);
    g_object_unref(pixbuf);
  }
  vaezip_file_free(file);
  vaezip_decoder_free(decoder);
  g_byte_array_free(loading->bytes, TRUE);
  g_free(loading);
  return pixbuf != NULL;
}

G_MODULE_EXPORT void fill_vtable(GdkPixbufModule *module) {
  module->begin_load = begin_load;
  module->load_increment = load_increment;
  module->stop_load = stop_load;
}

G_MODULE_EXPORT void fill_info(GdkPixbufFormat *info) {
  static GdkPixbufModulePattern signature[] = {{(char *)"\xd6VZ\r\n\x1a\n", NULL, 100}, {NULL, NULL, 0}};
  static gchar *mime_types[] = {(gchar *)"image/x-vaezip", NULL};
  static gchar *extensions[] = {(gchar *)"vz", NULL};
  info->name = (gchar *)"vaezip";
  info->signature = signature;
  info->description = (gchar *)"vaezip image";
  info->mime_types = mime_types;
  info->extensions = extensions;
  info->flags = GDK_PIXBUF_FORMAT_THREADSAFE;
  info->license = (gchar *)"Apache 2.0";
}
