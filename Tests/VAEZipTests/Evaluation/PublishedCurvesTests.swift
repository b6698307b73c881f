import Testing
import VAEZipEvaluation

@Suite struct PublishedCurvesTests {
  @Test func columnsInAnyOrder() throws {
    let points = try PublishedCurves.points(
      """
      # from a paper
      pictures,codec,psnr,bpp,msssim,other
      "Kodak, 24",VTM,30.5,0.25,0.95,x

      "Kodak, 24","a ""b"" c",31,0.5,,y\r
      """)
    #expect(points.map(\.codec) == ["VTM", "a \"b\" c"])
    #expect(points.map(\.note) == ["Kodak, 24", "Kodak, 24"])
    #expect(points[0].figures == [.bpp: 0.25, .psnr: 30.5, .msssim: 0.95])
    #expect(points[1].figures == [.bpp: 0.5, .psnr: 31])
  }

  @Test(arguments: [
    ("", "expected the columns codec, bpp and a metric's in line 1, found "),
    ("codec,bpp\nx,1", "expected the columns codec, bpp and a metric's in line 1, found codec,bpp"),
    ("codec,bpp,psnr\nx,1\n", "line 2: expected 3 fields, found 2"),
    ("codec,bpp,psnr\nx,1,2\nx,zero,2", "line 3: expected a number, found zero"),
    ("codec,bpp,psnr\nx,-1,2", "line 2: expected bits per pixel above 0, found -1"),
    ("codec,bpp,psnr\nx,,2", "line 2: expected bits per pixel above 0, found "),
    ("codec,bpp,psnr\nx,1,inf", "line 2: expected a number, found inf"),
  ])
  func faults(text: String, reason: String) {
    #expect(throws: EvaluationError.curves(reason)) { try PublishedCurves.points(text) }
  }
}
